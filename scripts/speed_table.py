"""Write the README's tables of speed from the results of the benchmarks: ``python -m scripts.speed_table``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paflib.figures.speed import speed_results

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- made by scripts.speed_table -->\n", "<!-- end -->\n"
SHOWN = ("1", "9", "20", "50", "100")
PARSERS = {
    "paflib-numba-paper-4": "`paflib`, on the maps as they are",
    "openpose-sorted": "OpenPose's sorted rule, restated and compiled, on x8 maps",
    "pafprocess": "`pafprocess` (C++), on x8 maps",
    "numpy-x4": "straightforward NumPy, on x4 maps",
    "opencv-nms": "no parser at all: OpenCV's x8 upsampling and maxima",
}
RUNTIMES = {
    "paflib": "`paflib` (PyTorch, fused)",
    "torch": "PyTorch as it is",
    "onnxruntime": "ONNX Runtime",
    "opencv-onnx": "OpenCV DNN, ONNX graph",
    "opencv-graph": "OpenCV DNN, TensorFlow graph",
}


def tables() -> str:
    """Both tables, with what they were read on."""
    parsers, networks = speed_results("parsers"), speed_results("networks-cpu")
    lines = [
        f"Milliseconds from stride-8 maps to people, one thread of an {parsers['machine']['processor']}, with the",
        "upsampling that a parser needs; in brackets the people recovered (`python -m benchmarks.parsers`):",
        "",
        *parser_table(parsers["parsers"]),
        "",
        "`mobilenet-thin`, a picture of 368 x 656 pixels, milliseconds and how many times as long as `paflib` takes,",
        "in one run on the same processor (`python -m benchmarks.networks`):",
        "",
        *network_table(networks["networks"]["mobilenet-thin"]),
    ]
    return "\n".join(lines) + "\n"


def parser_table(parsers: dict[str, Any]) -> list[str]:
    """Rows of parsers, columns of numbers of people."""
    rows = [f"| people | {' | '.join(SHOWN)} |", f"|---|{'---|' * len(SHOWN)}"]
    for name, label in PARSERS.items():
        if name in parsers:
            cells = [_parser_cell(parsers[name]["rows"][n]) for n in SHOWN]
            rows.append(f"| {label} | {' | '.join(cells)} |")
    return rows


def _parser_cell(row: dict[str, float]) -> str:
    return f"{_digits(row['total_ms'])} ({row['people']:g})" if "people" in row else _digits(row["total_ms"])


def network_table(rows: dict[str, Any]) -> list[str]:
    """Rows of runtimes, columns of threads."""
    threads = sorted(rows, key=int)
    made = [f"| threads | {' | '.join(threads)} |", f"|---|{'---|' * len(threads)}"]
    for name, label in RUNTIMES.items():
        if all(name in rows[n] for n in threads):
            cells = [f"{rows[n][name]['ms']:.0f} ({rows[n][name]['times_ours']:.2f})" for n in threads]
            made.append(f"| {label} | {' | '.join(cells)} |")
    return made


def _digits(ms: float) -> str:
    return f"{ms:.2f}" if ms < 10 else f"{ms:.0f}"


def written(readme: str) -> str:
    """The README with its tables made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"README.md has no lines {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + tables() + END + after


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
