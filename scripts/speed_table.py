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
    "pafprocess": "`pafprocess` (C++) with its package's smoothing, on x8 maps",
    "pafprocess-unsmoothed": "`pafprocess` without the smoothing",
    "numpy-x4": "`paflib`'s plain NumPy road, on x4 maps",
    "opencv-nms": "no parser at all: OpenCV's x8 upsampling and maxima",
}
RUNTIMES = {
    "paflib": "`paflib` (PyTorch, prepared)",
    "torch": "PyTorch as it is",
    "onnxruntime": "ONNX Runtime",
    "opencv-onnx": "OpenCV DNN, ONNX graph",
    "opencv-graph": "OpenCV DNN, TensorFlow graph",
}


def tables() -> str:
    """Both tables, with what they were read on."""
    parsers, networks = speed_results("parsers"), speed_results("networks-cpu")
    lines = [
        "Milliseconds from stride-8 maps to people, processor time of one warm thread of an",
        f"{parsers['machine']['processor']} (10th percentile), with the upsampling that a parser needs; in brackets",
        "how many people it recovers of how many it reports (`python -m benchmarks.parsers`):",
        "",
        *parser_table(parsers["parsers"]),
        "",
        "Networks and a picture of 368 x 656 pixels: milliseconds, and how many times as long as `paflib` takes",
        "(medians; in brackets the least and the most of several processes; `python -m benchmarks.networks`):",
        "",
        *network_table(networks["networks"]),
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
    ms = _digits(row["total_ms"])
    return f"{ms} ({row['people']:g} of {row['said']:g})" if "people" in row else ms


def network_table(networks: dict[str, Any]) -> list[str]:
    """Rows of runtimes, columns of networks and threads."""
    columns = [(network, n) for network, rows in networks.items() for n in sorted(rows, key=int)]
    heads = [f"`{network}`, {n} thread{'s' if n != '1' else ''}" for network, n in columns]
    made = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(columns)}"]
    for name, label in RUNTIMES.items():
        measured = [networks[network][n].get(name) for network, n in columns]
        made.append(f"| {label} | {' | '.join(_network_cell(row) if row else '' for row in measured)} |")
    return made


def _network_cell(row: dict[str, Any]) -> str:
    least, most = row["times_ours_from"], row["times_ours_to"]
    spread = f" ({least:.2f} to {most:.2f})" if least < most else ""
    return f"{_digits(row['ms'])}, x {row['times_ours']:.2f}{spread}"


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
