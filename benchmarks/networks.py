"""How fast networks run: runtimes against each other on the CPU, and shares of what the device can do on a GPU.

    python -m benchmarks.networks [--rounds N] [--processes N] [--device cpu|cuda] [--networks NAME ...]

Writes data/results/speed-networks-cpu.json or speed-networks-cuda.json, which come with the package. Pictures are
368 x 656 pixels of noise, uint8.

CPU: PyTorch as it is, PyTorch as paflib prepares it (the estimator's default) and the same with its ReLUs by
themselves, ONNX Runtime and OpenCV on the same graph, exported on the spot, and OpenCV on the frozen TensorFlow graph
that mobilenet-thin comes as. All answer the same call, uint8 in and maps out, in turns, round after round, with one
thread and with as many as there are processors; a round's ratio is between neighbours in time, and its median is what
other work on the machine disturbs least. All of that in several processes, whose medians show how far it can be relied
on.

CUDA: for each network at batch 1 and 8, random weights where the real ones cannot be had: the time of the network
alone, replayed as a graph; the share of the measured bfloat16 ceiling (a product of two 8192 x 8192 matrices) that its
multiply-adds make; the share of the measured copy bandwidth that reading each weight and writing each map once would
take; and frames a second through the estimator's stream from uint8 images, to people and, without peaks, pairs and
assembly, to nothing: what decoding adds to a frame is the difference. Into the network's last maps the true ones of
nine people are copied, so that there is something to decode whatever the weights; a picture of noise would have nobody
in it, or hundreds.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.parsers import crowd
from paflib.errors import DataError, FetchError
from paflib.fetching import fetch
from paflib.fields import Grid, affinity_fields, background_map, confidence_maps
from paflib.inference import cuda
from paflib.inference.cuda import Runner
from paflib.inference.estimator import PoseEstimator, find_device
from paflib.inference.files import save_json
from paflib.model import zoo
from paflib.model.fused import fused
from paflib.model.measure import Measure, measure
from paflib.people import People

RESULTS = Path(__file__).resolve().parents[1] / "data" / "results"
SIZE = (368, 656)
CPU_NETWORKS = ("mobilenet-thin", "tiny")
CUDA_NETWORKS = ("cmu-coco", "cmu-body25", "mobilenet-thin", "tiny")


def pictures(batch: int) -> np.ndarray:
    """A batch of noise."""
    return np.random.default_rng(0).integers(0, 256, (batch, *SIZE, 3), np.uint8)


# ---- CPU


def runtimes(name: str, threads: int, folder: Path) -> dict[str, Callable[[np.ndarray], Any]]:
    """What runs a network, by name; OpenCV and PyTorch are told the number of threads for the whole process."""
    from paflib.inference.backends import OnnxRuntimeNetwork, OpenCVNetwork
    from paflib.inference.export import export_onnx

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    apart = zoo.load(name)
    apart._runs = fused(apart.module, relus=False)
    found: dict[str, Callable[[np.ndarray], Any]] = {
        "paflib": zoo.load(name).prepare(), "torch": zoo.load(name), "paflib-relus-apart": apart,
    }  # fmt: skip
    file = folder / f"{name}.onnx"
    try:
        if not file.exists():
            export_onnx(zoo.load(name), file)
        found["opencv-onnx"] = OpenCVNetwork(file)
        found["onnxruntime"] = OnnxRuntimeNetwork(file, threads=threads)
    except DataError as error:
        print(f"left out: {error}")
    if name == "mobilenet-thin":
        found["opencv-graph"] = OpenCVNetwork(fetch("mobilenet-thin"))
    return found


def in_turns(found: dict[str, Callable[[np.ndarray], Any]], images: np.ndarray, rounds: int) -> np.ndarray:
    """(runtimes, rounds) milliseconds, after two rounds that do not count.

    In another order every round, with a moment between: threads of ONNX Runtime and OpenCV keep spinning for a while
    after their turn, and whoever came next would have a processor less.
    """
    rng, runs = np.random.default_rng(0), list(found.values())
    spent = np.zeros((len(found), rounds + 2))
    for r in range(rounds + 2):
        for k in rng.permutation(len(runs)):
            time.sleep(0.2)
            before = time.perf_counter()
            runs[k](images)
            spent[k, r] = 1000 * (time.perf_counter() - before)
    return spent[:, 2:]


def one_on_cpu(name: str, threads: int, rounds: int) -> dict[str, np.ndarray]:
    """Milliseconds a picture of every runtime, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        found = runtimes(name, threads, Path(folder))
        return dict(zip(found, in_turns(found, pictures(1), rounds), strict=True))


def rows_of(processes: list[dict[str, np.ndarray]]) -> dict[str, dict[str, float]]:
    """Medians of all rounds of several processes, and the least and the most of the processes' own medians."""
    rows = {}
    for runtime in processes[0]:
        spent = np.concatenate([one[runtime] for one in processes])
        ratios = [one[runtime] / one["paflib"] for one in processes]
        each = [float(np.median(ratio)) for ratio in ratios]
        figures = {
            "ms": np.median(spent), "least_ms": spent.min(), "times_ours": np.median(np.concatenate(ratios)),
            "times_ours_from": min(each), "times_ours_to": max(each),
        }  # fmt: skip
        rows[runtime] = {name: round(float(value), 3) for name, value in figures.items()}
    return rows


def on_cpu(names: list[str], rounds: int, processes: int) -> dict[str, Any]:
    """Every network, with one thread and with as many as there are processors, in several processes by turns.

    What oneDNN once made ready for one thread, it keeps for the process; and where a process's memory happens to lie
    makes a difference that no number of rounds shows.
    """
    jobs = [(name, threads) for name in names for threads in sorted({1, os.cpu_count() or 1})]
    found: dict[tuple[str, int], list[dict[str, np.ndarray]]] = {job: [] for job in jobs}
    for job in tqdm(jobs * processes, desc="processes"):
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            found[job].append(process.submit(one_on_cpu, *job, rounds).result())
    results: dict[str, Any] = {name: {} for name in names}
    for (name, threads), each in found.items():
        results[name][str(threads)] = rows_of(each)
        for runtime, row in results[name][str(threads)].items():
            print(f"{name:16} {threads} threads {runtime:18} {row}", flush=True)
    return results


# ---- CUDA


def timed(run: Callable[[], Any], rounds: int) -> float:
    """Milliseconds of the device, the median of so many rounds."""
    spent = []
    for _ in range(rounds + 3):
        before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        before.record()
        run()
        after.record()
        torch.cuda.synchronize()
        spent.append(before.elapsed_time(after))
    return float(np.median(spent[3:]))


def replayed(run: Callable[[], Any]) -> Callable[[], None]:
    """A function recorded as a graph, with the settings that the estimator records with."""
    side = torch.cuda.Stream()
    with torch.cuda.stream(side), torch.inference_mode(), cuda._tuned():
        for _ in range(2):
            run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.inference_mode(), cuda._recording(graph, side):
        run()
    return graph.replay


class Shows:
    """A network whose last maps are those of nine people whatever it sees; all its work is done nevertheless."""

    def __init__(self, network: zoo.Network, n: int = 9) -> None:
        self.network, self.entry, self.device = network, network.entry, network.device
        entry = network.entry
        people = crowd(np.random.default_rng([n, 0]), n, entry.skeleton)
        S = confidence_maps(people.keypoints, _cells(entry.S_grid), entry.S_grid)
        L = affinity_fields(people.keypoints, entry.skeleton.limbs, _cells(entry.L_grid), entry.L_grid)
        S = np.concatenate([S, background_map(S)[None]])
        self.S, self.L = (torch.from_numpy(maps.astype(np.float32)).to(self.device) for maps in (S, L))

    @property
    def precision(self) -> str:
        """Of the network's layers."""
        return self.network.precision

    def __call__(self, images: Any) -> list[tuple[Tensor, Tensor]]:
        """The network's outputs, the last overwritten."""
        outputs = self.network(images)
        S, L = outputs[-1]
        with torch.inference_mode():
            S.copy_(self.S), L.copy_(self.L)
        return outputs


def _cells(grid: Grid) -> tuple[int, int]:
    return round(SIZE[0] / grid.strides[1]), round(SIZE[1] / grid.strides[0])


class Undecoded(Runner):
    """What the estimator runs, but for peaks, pairs and assembly: a number a picture comes back."""

    def _rows(self, S: Tensor, L: Tensor, placements: Any) -> Tensor:
        return (S[:, 0, 0, :1] + L[:, 0, 0, 0, :1]).double()


class Blind(PoseEstimator):
    """An estimator that waits for its network and makes nobody of what it says."""

    def _make_runner(self, on_device: bool | None) -> Runner:
        return Undecoded(self.network, self.looks, self.options, self.network.device)  # type: ignore[attr-defined]

    def _from_device(self, batch: Any, pending: Any, done: int) -> Any:
        for _ in pending.wait():
            yield People.empty(self.network.entry.skeleton)


def ceilings(rounds: int) -> dict[str, float]:
    """What the device reaches: tera multiply-adds a second of a bfloat16 matrix product, and giga bytes of a copy."""
    n = 8192
    a, b = (torch.randn((n, n), device="cuda", dtype=torch.bfloat16) for _ in range(2))
    tmacs = n**3 / timed(lambda: a @ b, rounds) / 1e9
    source = torch.empty(1 << 30, device="cuda", dtype=torch.uint8)
    goal = torch.empty_like(source)
    return {
        "bf16_tmacs": round(tmacs, 1),
        "copy_gb_s": round(2 * (1 << 30) / timed(lambda: goal.copy_(source), rounds) / 1e6),
    }


def network_of(name: str) -> tuple[zoo.Network, str]:
    """A network on the GPU with its own weights, or random ones where they cannot be had."""
    entry = zoo.ZOO[name]
    try:
        return zoo.load(name, device=f"cuda:{torch.cuda.current_device()}"), "own"
    except FetchError:
        module = zoo.build_network(entry.architecture, entry.skeleton, entry.arguments)
        return zoo.Network(entry, module, f"cuda:{torch.cuda.current_device()}"), "random"


def on_cuda(names: list[str], rounds: int) -> dict[str, Any]:
    """Times, shares of the ceilings and frames a second of every network."""
    most = ceilings(rounds)
    print(most, flush=True)
    results: dict[str, Any] = {"ceilings": most}
    for name in names:
        network, weights = network_of(name)
        cost = measure(network.module, SIZE)
        results[name] = {"weights": weights, "gmacs": round(cost.gmacs, 1)}
        for precision in ("bfloat16", "float16"):
            network.prepare(precision)
            for batch in (1, 8):
                row = results[name][f"{precision}-{batch}"] = one_on_cuda(network, cost, batch, rounds, most)
                print(f"{name:16} {precision:9} batch {batch}: {row}", flush=True)
    return results


def one_on_cuda(network: zoo.Network, cost: Measure, batch: int, rounds: int, most: dict[str, float]) -> dict[str, Any]:
    """One network at one batch: alone, and from uint8 images to people and to nothing, in turns."""
    entry, shows = network.entry, Shows(network)
    images = torch.from_numpy(pictures(batch)).to(network.device)
    finite = all(bool(torch.isfinite(maps).all()) for maps in network(images)[-1])
    alone = timed(replayed(lambda: network(images)), rounds)
    ways = {"frames_s": PoseEstimator(shows, height=SIZE[0]), "frames_s_undecoded": Blind(shows, height=SIZE[0])}
    frames, seconds, people = [pictures(1)[0]] * (40 * batch), np.zeros((2, 6)), 0
    for r in range(6):
        for k, estimator in enumerate(ways.values()):
            began = time.perf_counter()
            found = list(estimator.stream(frames, batch))
            seconds[k, r] = time.perf_counter() - began
            people = max(people, len(found[-1]))
    seconds = np.median(seconds[:, 1:], axis=1) / len(frames)  # the first records
    cells = int(np.prod(shows.S.shape[1:]))
    touched = 2 * cost.parameters + 4 * batch * cells * (entry.skeleton.J + 1 + 2 * entry.skeleton.C)
    return {
        "network_ms": round(alone, 3), "finite": finite,
        "of_bf16_ceiling": round(batch * cost.macs / alone / 1e9 / most["bf16_tmacs"], 4),
        "of_copy": round(touched / alone / 1e6 / most["copy_gb_s"], 4),
        **{name: round(1 / each, 1) for name, each in zip(ways, seconds.tolist(), strict=True)},
        "decoding_adds": round(float(seconds[0] / seconds[1]) - 1, 4), "people": people,
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure and write."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--rounds", type=int, default=12, help="(%(default)s)")
    asked.add_argument("--processes", type=int, default=5, help="on the CPU, one after the other (%(default)s)")
    asked.add_argument("--device", default="auto", help="cpu or cuda; by default CUDA where it is there")
    asked.add_argument("--networks", nargs="+", help="names of the zoo")
    given = asked.parse_args(arguments)
    device = find_device(given.device)
    if device == "cpu":
        results = on_cpu(given.networks or list(CPU_NETWORKS), given.rounds, given.processes)
    else:
        with torch.cuda.device(device):
            results = on_cuda(given.networks or list(CUDA_NETWORKS), given.rounds)
    versions = {"opencv": cv2.__version__, "system": platform.system(), "cores": os.cpu_count()}
    try:
        import onnxruntime

        versions["onnxruntime"] = onnxruntime.__version__
    except ImportError:
        pass
    RESULTS.mkdir(exist_ok=True)
    save_json(
        RESULTS / f"speed-networks-{device.partition(':')[0]}.json",
        {"machine": machine() | versions, "load": round(os.getloadavg()[0], 1), "size": SIZE, "rounds": given.rounds,
         "processes": given.processes,
         "networks": results},
    )  # fmt: skip


if __name__ == "__main__":
    main()
