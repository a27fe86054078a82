"""The command line: ``paflib estimate | evaluate | train | synthesize | fetch | export | grade``.

Exit codes: 0, all done; 1, some inputs failed and are named, the others are done; 2, nothing could be done, for the
reason given in one line; 130, stopped by Ctrl-C. Every file that is written appears whole or not at all, and so do all
the files of a video together.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paflib import __version__
from paflib.errors import DataError, ImageError, PaflibError

# torch, OpenCV and numpy are imported where they are needed: help and mistyped arguments must not wait for them.
if TYPE_CHECKING:
    import numpy as np

    from paflib.inference.estimator import PoseEstimator
    from paflib.people import People
    from paflib.skeleton import Skeleton

PICTURES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".pbm", ".jp2",
    ".avif", ".heic", ".heif",
)  # fmt: skip
"""Endings by which a picture is known in a folder; a file that is named itself is tried whatever its ending."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except PaflibError as error:
        return _complain(f"error: {error}", 2)
    except OSError as error:  # a full disk, a folder that may not be written
        return _complain(f"error: {error.filename or 'files'}: {error.strerror or error}", 2)


def _complain(text: str, code: int) -> int:
    print(f"paflib: {text}", file=sys.stderr, flush=True)
    return code


# ---- estimate ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A picture or a video, and the stem of what is written for it."""

    path: Path
    video: bool

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def frame_of(self) -> str:
        """The stem of a video that would have a frame with this stem, or an empty string."""
        match = re.fullmatch(r"(.+)_[0-9]{12}", self.stem)
        return match[1] if match else ""

    @property
    def frames(self) -> str:
        """A regular expression for the names of the JSON of a video's frames."""
        return re.escape(self.stem) + r"_[0-9]{12}_keypoints\.json"

    def outputs(self, out: Path) -> list[Path]:
        """What is written, but for the JSON of a video's frames."""
        if self.video:
            return [out / f"{self.stem}_rendered.mp4"]
        return [out / f"{self.stem}_keypoints.json", out / f"{self.stem}_rendered.png"]


def estimate(arguments: argparse.Namespace) -> int:
    """``paflib estimate``: people of pictures and videos, drawn and as OpenPose JSON."""
    from tqdm import tqdm

    jobs, missing = find_jobs(arguments.inputs)
    jobs, clashing = without_clashes(jobs)
    for error in (*missing, *clashing):
        _complain(f"error: {error}", 2)
    if not jobs:
        return 2
    out, devices = arguments.out, arguments.device.split(",")
    check_outputs(jobs, out)
    if len(devices) > 1:
        check_devices(devices)
    if arguments.real_time and not arguments.json_only:
        raise DataError("--real-time leaves frames out as they come: a video made of them would jump; add --json-only")
    estimator = _estimator(arguments) if len(devices) == 1 else None
    out.mkdir(parents=True, exist_ok=True)
    people, failed = 0, len(missing) + len(clashing)
    inputs = failed + len(jobs)
    with tqdm(total=len(jobs), desc="estimate", unit="file", disable=arguments.quiet) as bar:
        if estimator is None:
            done = _on_devices(devices, jobs, arguments)
        else:
            bar.write(estimator.about, file=sys.stderr) if not arguments.quiet else None
            done = estimate_jobs(jobs, estimator, arguments)
        for job, found in done:
            bar.set_postfix_str(job.path.name, refresh=False)
            bar.update()
            if isinstance(found, int):
                people += found
                continue
            failed += 1
            with bar.external_write_mode():
                _complain(f"error: {found}", 2)
    return _report(inputs, failed, people, out)


def estimate_jobs(
    jobs: Sequence[Job], estimator: PoseEstimator, arguments: argparse.Namespace
) -> Iterator[tuple[Job, int | PaflibError]]:
    """Each job when it is done, with how many people there are, or with the error that it failed with."""
    for video, some in groupby(jobs, key=lambda job: job.video):
        if not video:
            yield from _estimate_pictures(list(some), estimator, arguments)
            continue
        for job in some:
            try:
                yield job, _estimate_video(job, estimator, arguments)
            except PaflibError as error:
                yield job, _of(job, error)


def find_jobs(inputs: Iterable[Path]) -> tuple[list[Job], list[ImageError]]:
    """The pictures and videos of files and folders, each once, and an error for each input where there is nothing.

    Of a folder the files that end as pictures and videos do are taken, in order of their names; not those in folders
    within it, nor hidden ones.
    """
    from paflib.inference.video import SUFFIXES

    found: dict[Path, Job] = {}
    missing = []
    for path in inputs:
        if not path.exists():
            missing.append(ImageError(f"{path}: there is no such file or folder"))
            continue
        files = [path]
        if path.is_dir():
            names = sorted(p for p in path.iterdir() if not p.name.startswith(".") and not p.is_dir())
            files = [p for p in names if p.suffix.lower() in PICTURES + SUFFIXES]
            if not files:
                missing.append(ImageError(f"{path}: there are no pictures and no videos in this folder"))
        for file in files:
            found.setdefault(file.resolve(), Job(file, file.suffix.lower() in SUFFIXES))
    return list(found.values()), missing


def without_clashes(jobs: Sequence[Job]) -> tuple[list[Job], list[DataError]]:
    """The jobs whose results overwrite no earlier job's, and an error for each of the others.

    As ``a.jpg`` and ``a.png`` do, or the picture ``a_000000000002.png`` and the third frame of ``a.mp4``; but not
    ``a.heic`` and ``a.mov``, in which a telephone keeps one scene.
    """
    kept: list[Job] = []
    clashing = []
    pictures: dict[str, Job] = {}
    videos: dict[str, Job] = {}
    frames: dict[str, Job] = {}  # pictures called like a frame, by the video's stem
    for job in jobs:
        # Some file systems take upper and lower case for the same.
        stem, video = job.stem.casefold(), job.frame_of.casefold()
        other = videos.get(stem) or frames.get(stem) if job.video else pictures.get(stem) or videos.get(video)
        if other:
            clashing.append(
                DataError(
                    f"{job.path}: left out, because its results would have the same names as those of {other.path}; "
                    "estimate it into another folder, or rename it"
                )
            )
            continue
        kept.append(job)
        (videos if job.video else pictures)[stem] = job
        if video and not job.video:
            frames.setdefault(video, job)
    return kept, clashing


def check_outputs(jobs: Sequence[Job], out: Path) -> None:
    """See that no result would overwrite an input.

    Raises:
        DataError: naming both files; or ``out`` is a file.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"--out {out}: this is a file, wanted a folder")
    inputs = {job.path.resolve() for job in jobs}
    for job in jobs:
        for output in job.outputs(out):
            if output.resolve() in inputs:
                raise DataError(f"the result of {job.path} would overwrite the input {output}; choose another --out")


def _estimate_pictures(
    jobs: list[Job], estimator: PoseEstimator, arguments: argparse.Namespace
) -> Iterator[tuple[Job, int | PaflibError]]:
    """Pictures as one stream, in which a bad one does not stop the others."""
    from paflib.inference.images import load_image

    waiting: deque[tuple[Job, np.ndarray]] = deque()
    broken: list[tuple[Job, PaflibError]] = []
    left = deque(jobs)

    def images() -> Iterator[np.ndarray]:
        while left:
            job = left.popleft()
            try:
                image = load_image(job.path)
            except PaflibError as error:
                broken.append((job, error))
                continue
            waiting.append((job, image))
            yield image

    while True:
        try:
            for people in estimator.stream(images(), arguments.batch):
                job, image = waiting.popleft()
                _save_picture(job, image, people, arguments)
                yield from (broken.pop(0) for _ in range(len(broken)))
                yield job, len(people)
            break
        except PaflibError as error:  # of the first that waits; those behind it come once more
            if not waiting:
                raise
            job = waiting.popleft()[0]
            yield job, _of(job, error)
            left.extendleft(job for job, _ in reversed(waiting))
            waiting.clear()
    yield from broken


def _of(job: Job, error: PaflibError) -> PaflibError:
    """An error that says of which file it is; of a picture's place in its stream nobody knows."""
    text = str(error)
    if str(job.path) in text:
        return error
    text = text.replace("image ", "frame ", 1) if job.video else re.sub(r"^image \d+: ", "", text)
    return type(error)(f"{job.path}: {text}")


def _save_picture(job: Job, image: np.ndarray, people: People, arguments: argparse.Namespace) -> None:
    from paflib.inference.files import save_json
    from paflib.inference.images import save_image

    keypoints, rendered = job.outputs(arguments.out)
    save_json(keypoints, people.to_openpose())
    if not arguments.json_only:
        save_image(rendered, _overlay(image, people))


def _estimate_video(job: Job, estimator: PoseEstimator, arguments: argparse.Namespace) -> int:
    """A few frames at a time; the files of all frames appear together when the last is done."""
    import numpy as np
    from tqdm import tqdm

    from paflib.inference.files import atomic_files, save_json
    from paflib.inference.video import Pace, Video, video_writer

    total, step = 0, arguments.frame_step
    waiting: deque[tuple[int, np.ndarray]] = deque()
    with ExitStack() as stack:
        video = stack.enter_context(Video(job.path))
        folder = stack.enter_context(atomic_files(arguments.out, stale=job.frames))
        write: Callable[[np.ndarray], None] | None = None
        if not arguments.json_only:
            write = stack.enter_context(video_writer(job.outputs(folder)[0], video.fps / step))
        if arguments.real_time:  # what is compiled and recorded for the first frames is not to be on the clock
            for _ in range(3):
                estimator(np.zeros((video.size[1], video.size[0], 3), np.uint8))
        taken = video.frames(step, Pace(video.fps) if arguments.real_time else None)
        count = -(-video.count // step) or None
        bar = tqdm(total=count, desc=job.path.name, unit="frame", leave=False, disable=arguments.quiet)
        stack.enter_context(bar)

        def frames() -> Iterator[np.ndarray]:
            for pair in taken:
                waiting.append(pair)
                yield pair[1]

        # Frames that come by the clock are not kept waiting for the rest of a batch.
        for people in estimator.stream(frames(), 1 if arguments.real_time else arguments.batch):
            number, frame = waiting.popleft()
            save_json(folder / f"{job.stem}_{number:012d}_keypoints.json", people.to_openpose())
            if write is not None:
                write(_overlay(frame, people))
            total += len(people)
            bar.update()
    return total


# ---- one process for each of several devices


def check_devices(devices: Sequence[str]) -> None:
    """See that all devices can be used.

    Raises:
        DataError: one cannot.
    """
    from paflib.inference.estimator import find_device

    for device in devices:
        find_device(device)


def _on_devices(
    devices: Sequence[str], jobs: Sequence[Job], arguments: argparse.Namespace
) -> Iterator[tuple[Job, int | PaflibError]]:
    """:func:`estimate_jobs` in one process for each device, which take videos and handfuls of pictures in turn.

    Raises:
        PaflibError: what is asked for cannot be had, or a process died.
    """
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    context = get_context("spawn")  # a process that has used CUDA cannot be forked
    queue = context.Queue()
    for device in devices:
        queue.put(device)
    pool = ProcessPoolExecutor(len(devices), context, _start_process, (queue, arguments))
    try:
        for future in as_completed([pool.submit(_in_process, handful) for handful in handfuls(jobs)]):
            yield from future.result()
    except BrokenProcessPool:
        raise DataError("a process died, of want of memory perhaps: take fewer devices, or a smaller --batch") from None
    except BaseException:  # Ctrl-C reaches this process alone when it was not typed at a terminal
        for child in active_children():
            if child.pid is not None:
                os.kill(child.pid, signal.SIGINT)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def handfuls(jobs: Sequence[Job], size: int = 32) -> list[list[Job]]:
    """Jobs for processes to take: every video alone, and pictures a handful at a time."""
    made: list[list[Job]] = []
    for video, some in groupby(jobs, key=lambda job: job.video):
        block, most = list(some), 1 if video else size
        made += [block[k : k + most] for k in range(0, len(block), most)]
    return made


_process: tuple[PoseEstimator, argparse.Namespace] | PaflibError | None = None
"""What a process of :func:`_on_devices` works with, or why it has nothing: an error there would only end it."""


def _start_process(devices: Any, arguments: argparse.Namespace) -> None:
    global _process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments.device, arguments.quiet = devices.get(), True
    try:
        _process = _estimator(arguments), arguments
    except PaflibError as error:
        _process = error


def _in_process(jobs: list[Job]) -> list[tuple[Job, int | PaflibError]]:
    assert _process is not None
    if isinstance(_process, PaflibError):
        raise _process
    signal.signal(signal.SIGINT, signal.default_int_handler)  # while there is something to clean up
    try:
        return list(estimate_jobs(jobs, *_process))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _overlay(image: np.ndarray, people: People) -> np.ndarray:
    from paflib.figures import overlay_people

    return overlay_people(image, people)


def _report(inputs: int, failed: int, people: int, out: Path) -> int:
    done = inputs - failed
    if done:
        print(f"{done} of {inputs} files done, {people} people found, results in {out}")
    if failed and inputs > 1:
        _complain(f"error: {failed} of {inputs} files failed, named above", 1)
    return 0 if not failed else 1 if done else 2


# ---- evaluate ------------------------------------------------------------------------------------------------------


def evaluate(arguments: argparse.Namespace) -> int:
    """``paflib evaluate``: COCO's keypoint AP of a network on annotated images, or MPII's."""
    if arguments.measure == "pckh":
        return _evaluate_pckh(arguments)
    if arguments.groups is not None:
        raise DataError("--groups belongs to --measure pckh")
    from paflib.evaluation.oks import check_annotations, evaluate_oks, find_category, images_of, read_json

    skeleton, parts = find_skeleton(arguments.skeleton), find_parts(arguments.parts)
    if arguments.results is not None:
        check_results(arguments.results, arguments.annotations)
    annotations = read_json(arguments.annotations)
    images = images_of(annotations)
    category = find_category(annotations, arguments.category)
    check_annotations(annotations, skeleton, category, parts=parts)
    paths = find_images(images, arguments.images)
    estimator = _estimator(arguments)
    check_parts(estimator.network.entry.skeleton, skeleton, parts)
    results = _results(estimator, images, paths, category, skeleton, arguments)
    if arguments.results is not None:
        from paflib.inference.files import save_json

        save_json(arguments.results, results)
    figures = evaluate_oks(
        results, annotations, skeleton, category_id=category, bootstrap=arguments.bootstrap, parts=parts
    )
    print("\n".join(_lines(figures, arguments.bootstrap)))
    return 0


def _evaluate_pckh(arguments: argparse.Namespace) -> int:
    from paflib.evaluation.mpii import mpii_json, read_groups
    from paflib.evaluation.oks import images_of, read_json
    from paflib.evaluation.pckh import JOINT_GROUPS, evaluate_pckh, joints
    from paflib.people import People

    for option in ("bootstrap", "parts", "category"):
        if getattr(arguments, option):
            raise DataError(f"--{option} belongs to --measure oks")
    if arguments.results is not None:
        check_results(arguments.results, arguments.annotations)
    official = arguments.annotations.suffix == ".mat"
    if arguments.groups is not None and not official:
        raise DataError("--groups goes with MPII's own file of annotations; in a JSON the groups are already in it")
    annotations = mpii_json(arguments.annotations, arguments.groups) if official else read_json(arguments.annotations)
    images = images_of(annotations)
    read_groups(annotations)
    paths = find_images(images, arguments.images)
    estimator = _estimator(arguments)
    skeleton = estimator.network.entry.skeleton
    joints(People.empty(skeleton))  # has it MPII's joints?
    results = _results(estimator, images, paths, 1, skeleton, arguments)
    if arguments.results is not None:
        from paflib.inference.files import save_json

        save_json(arguments.results, results)
    figures = evaluate_pckh(results, annotations, skeleton)
    lines = [f"{name} {figures[name]:.3f}" for name in (*JOINT_GROUPS, "mean")]
    print("\n".join([*lines, f"groups {figures['groups']}", f"people {figures['people']}"]))
    return 0


def find_skeleton(name: str) -> Skeleton:
    """A skeleton by its name, or from a JSON file.

    Raises:
        DataError: there is no such skeleton and no such file, or the file is no skeleton.
    """
    from paflib.skeleton import SKELETONS, Skeleton

    if name in SKELETONS:
        return SKELETONS[name]
    if Path(name).suffix != ".json":
        raise DataError(f"--skeleton {name}: wanted a JSON file, or one of {', '.join(SKELETONS)}")
    return Skeleton.from_json(Path(name))


def find_parts(text: str | None) -> str | list[str] | None:
    """``"feet"`` or ``"body"`` as it is, other names as a list."""
    from paflib.evaluation.oks import PART_GROUPS

    return text if text is None or text in PART_GROUPS else text.split(",")


def check_parts(network: Skeleton, skeleton: Skeleton, parts: str | Sequence[str] | None) -> None:
    """See that a network can find every part that is evaluated.

    Raises:
        DataError: the first part that it cannot find.
    """
    from paflib.evaluation.oks import part_indices

    sources = network.sources(skeleton)
    for j in part_indices(skeleton, parts):
        if not sources[j]:
            raise DataError(
                f"the network's {network.name} has no {skeleton.parts[j]}: AP on {skeleton.name} has no meaning; "
                "evaluate some parts alone with --parts, or another --skeleton"
            )


def check_results(path: Path, annotations: Path) -> None:
    """See that results can be written, before hours of work and not after.

    Raises:
        DataError: it is a folder, lies in none that may be written to, or is the annotations.
    """
    if path.resolve() == annotations.resolve():
        raise DataError(f"--results {path}: this would overwrite the annotations")
    _check_writable("--results", path)


def _check_writable(option: str, path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{option} {path}: this is a folder, wanted a file")
    if not path.parent.is_dir():
        raise DataError(f"{option} {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise DataError(f"{option} {path}: the folder {path.parent} may not be written to")


def find_images(images: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """The files of COCO's image entries, all of which must be there.

    Raises:
        DataError: an entry has no file name, or files are missing: the first and how many.
    """
    if not folder.is_dir():
        raise DataError(f"--images {folder}: there is no such folder")
    for image in images:
        if not isinstance(image.get("file_name"), str):
            raise DataError(f"image {image['id']} of the annotations has no 'file_name'")
    paths = [folder / image["file_name"] for image in images]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{len(missing)} of {len(paths)} annotated images are not there, the first is {missing[0]}")
    return paths


def _results(
    estimator: PoseEstimator,
    images: Sequence[Mapping[str, Any]],
    paths: Sequence[Path],
    category: int,
    skeleton: Skeleton,
    arguments: argparse.Namespace,
) -> list[dict[str, Any]]:
    """COCO results for every image, also for those where nobody is annotated."""
    from tqdm import tqdm

    from paflib.inference.images import load_image

    def pictures() -> Iterator[np.ndarray]:
        for entry, path in zip(images, paths, strict=True):
            image = load_image(path)
            _check_size(entry, path, image.shape[1], image.shape[0])
            yield image

    results: list[dict[str, Any]] = []
    with tqdm(total=len(paths), desc="evaluate", unit="image", disable=arguments.quiet) as bar:
        found = estimator.stream(pictures(), arguments.batch)
        for entry, path in zip(images, paths, strict=True):
            try:
                people = next(found)
            except PaflibError as error:
                raise _of(Job(path, False), error) from error
            results += people.to_coco(entry["id"], category, skeleton)
            bar.update()
    return results


def _check_size(entry: Mapping[str, Any], path: Path, width: int, height: int) -> None:
    wanted = (entry.get("width", width), entry.get("height", height))
    if wanted != (width, height):
        raise DataError(
            f"{path} is {width} x {height} pixels (upright, by its EXIF orientation), the annotations say "
            f"{wanted[0]} x {wanted[1]}: their coordinates would not fit"
        )


def _lines(figures: Mapping[str, Any], draws: int) -> list[str]:
    from paflib.evaluation.oks import STATS

    lines = [f"{name} {figures[name]:.3f}" for name in STATS]
    if draws:
        low, high = figures["interval"]["AP"]
        lines.insert(1, f"AP interval {low:.3f} {high:.3f} (95 %, {draws} bootstrap draws of the images)")
    return [*lines, f"images {figures['images']}", f"people {figures['people']}"]


# ---- fetch ---------------------------------------------------------------------------------------------------------


def fetch(arguments: argparse.Namespace) -> int:
    """``paflib fetch``: weights, photographs and videos, by name, into the cache folder."""
    from paflib.fetching import fetch as fetch_one
    from paflib.fetching import sources

    known = sources()
    if arguments.list:
        for source in known.values():
            size = f"{source.size / 1e6:.1f} MB" if source.size else "-"
            here = "here" if source.path().is_file() else size
            print(f"{source.name:20} {here:>9}  {source.about} ({source.licence})")
        return 0
    names = [name for name, source in known.items() if not source.on_request] if arguments.all else arguments.names
    if not names:
        raise DataError(f"name what to fetch, or --all; there is: {', '.join(known)}")
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"nothing to fetch is called {unknown[0]!r}; there is: {', '.join(known)}")
    for name in names:
        print(fetch_one(name, progress=not arguments.quiet), flush=True)
    return 0


# ---- train ---------------------------------------------------------------------------------------------------------


def train(arguments: argparse.Namespace) -> int:
    """``paflib train``: a network from a TOML file; the same command goes on with a run that was stopped."""
    from paflib.trainer.config import read_config

    config = read_config(arguments.config)  # before torch is loaded: mistyped keys are answered at once
    out = arguments.out or Path("runs") / config.name
    if out.exists() and not out.is_dir():
        raise DataError(f"--out {out}: this is a file, wanted a folder")
    from paflib.trainer.loop import train as run

    run(config, out, stop_at=arguments.stop_at, quiet=arguments.quiet, say=partial(print, flush=True))
    return 0


# ---- synthesize ----------------------------------------------------------------------------------------------------


def synthesize(arguments: argparse.Namespace) -> int:
    """``paflib synthesize``: a data set of generated people, as COCO lays one out."""
    from paflib.synthetic.write import write_dataset

    progress = not arguments.quiet
    print(write_dataset(arguments.out, arguments.level, arguments.count, arguments.seed, progress), flush=True)
    return 0


# ---- export --------------------------------------------------------------------------------------------------------


def export(arguments: argparse.Namespace) -> int:
    """``paflib export``: a network as an ONNX file, for ONNX Runtime and OpenCV."""
    out, name = arguments.out, arguments.weights
    if out.suffix != ".onnx":
        raise DataError(f"--out {out}: wanted a name that ends in .onnx")
    _check_writable("--out", out)
    from paflib.inference.export import export_onnx, import_onnx
    from paflib.model.zoo import load

    import_onnx()  # before weights are fetched
    size = None if arguments.size is None else tuple(arguments.size)
    export_onnx(load(name), out, size=size)
    shape = "(B, H, W, 3)" if size is None else (1, *size, 3)
    use = f"; use it with --weights {out}" if size is None else ""
    print(f"{out}: {name}; images {shape} uint8 RGB in, S and L out{use}", flush=True)
    return 0


# ---- grade ---------------------------------------------------------------------------------------------------------


def grade(arguments: argparse.Namespace) -> int:
    """``paflib grade``: a folder of submissions to a table of points and a page for each student."""
    from paflib.grading.grade import grade as run
    from paflib.grading.sandbox import best_rung, protections

    lacking = [each.what for each in protections(best_rung()) if not each.active]
    if lacking:
        _complain(f"warning: on this system submissions are not kept from: {', '.join(lacking)}", 0)
    outcome = run(
        arguments.submissions, arguments.assignment, arguments.out, seed=arguments.seed, jobs=arguments.jobs,
        regrade=arguments.regrade, quiet=arguments.quiet,
    )  # fmt: skip
    done = f"{outcome.graded} submissions graded, {outcome.reused} as before"
    print(f"{done}; the table is {arguments.out / 'grades.csv'}, the class {arguments.out / 'overview.html'}")
    if outcome.left_out:
        _complain(f"warning: no notebooks and no Python files, and left out: {', '.join(outcome.left_out)}", 0)
    if outcome.removed:
        _complain(f"warning: not there any more, and their pages removed: {', '.join(outcome.removed)}", 0)
    if outcome.failed:
        return _complain(f"error: a check failed on {', '.join(outcome.failed)}: look at the remarks in the table", 1)
    return 0


# ---- arguments -----------------------------------------------------------------------------------------------------


def _estimator(arguments: argparse.Namespace) -> PoseEstimator:
    from paflib.inference.estimator import PoseEstimator

    return PoseEstimator.from_pretrained(
        arguments.weights, device=arguments.device, height=arguments.height, preset=arguments.preset,
        scales=arguments.scales, flip=arguments.flip, precision=arguments.precision,
        entry=arguments.entry, backend=arguments.backend,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("paflib", description="Multi-person pose estimation with part affinity fields.")
    parser.add_argument("--version", action="version", version=f"paflib {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    network = argparse.ArgumentParser(add_help=False)
    network.add_argument(
        "--weights", default="mobilenet-thin", metavar="NAME", help="network, by name or as a file (%(default)s)"
    )
    network.add_argument(
        "--backend", choices=("auto", "onnxruntime", "opencv"), default="auto",
        help="what runs an ONNX file; by default ONNX Runtime where it is installed",
    )  # fmt: skip
    network.add_argument(
        "--entry", metavar="NAME", help="for an ONNX file that does not say what it is: the known network that it is"
    )
    network.add_argument(
        "--device",
        default="auto",
        help="cpu, cuda, cuda:1, ...; by default CUDA where it is there; estimate takes several, as cuda:0,cuda:1",
    )
    network.add_argument(
        "--height", type=partial(_whole, least=16), metavar="PIXELS",
        help="height of the network's input, up to 2048; smaller is quicker, larger finds smaller people",
    )  # fmt: skip
    network.add_argument(
        "--preset", default="paper", help="of the parser: paper, paper-2017, cmu-2017, openpose-cpu, openpose-gpu"
    )

    network.add_argument(
        "--scales", type=_factors, default=(1.0,), metavar="F,F,...",
        help="average the maps at several heights, as 1,0.7,1.3: slower, and finds more",
    )  # fmt: skip
    network.add_argument("--flip", action="store_true", help="average with the mirror image: twice as slow")
    network.add_argument(
        "--batch", type=partial(_whole, least=1), metavar="N",
        help="images at a time, where their sizes agree; by default 8 on CUDA, 1 on a CPU",
    )  # fmt: skip
    network.add_argument(
        "--precision", choices=("auto", "float32", "float16", "bfloat16"), default="auto",
        help="of the network's layers; by default float16 on CUDA, float32 on a CPU",
    )  # fmt: skip

    command = commands.add_parser(
        "estimate", parents=[network], help="find people in pictures and videos",
        description="Find people in pictures and videos. Written to DIR: NAME_rendered.png and NAME_keypoints.json for "
        "a picture, NAME_rendered.mp4 and NAME_000000000000_keypoints.json, ... for a video; the JSON is OpenPose's. "
        "A video's files appear when all its frames are done: one that is interrupted or breaks off leaves none. Of "
        "files with one NAME, as a.jpg and a.png, the first is done, and the others are named and left out.",
    )  # fmt: skip
    command.add_argument("inputs", nargs="+", type=_path, metavar="IMAGE_OR_FOLDER_OR_VIDEO")
    command.add_argument("--out", required=True, type=_path, metavar="DIR", help="folder for the results")
    command.add_argument("--json-only", action="store_true", help="write no pictures and no videos")
    command.add_argument(
        "--frame-step", type=partial(_whole, least=1), default=1, metavar="N", help="of a video, take every Nth frame"
    )  # fmt: skip
    command.add_argument(
        "--real-time", action="store_true",
        help="go through a video by its own clock, and leave out the frames that there is no time for",
    )  # fmt: skip
    command.set_defaults(run=estimate)

    command = commands.add_parser(
        "evaluate", parents=[network], help="COCO's keypoint AP, or MPII's, on annotated images",
        description="COCO's keypoint AP, through pycocotools, on all images that a COCO-style json lists. Feet alone: "
        "--skeleton coco-23 --parts feet, with a network that finds feet. Cars: --skeleton car-12 --category car. "
        "MPII's multi-person AP, a joint being right within half a head: --measure pckh, with a network that finds "
        "MPII's joints, and MPII's own file of annotations or a JSON of paflib.evaluation.mpii.",
    )  # fmt: skip
    command.add_argument("--images", required=True, type=_path, metavar="DIR")
    command.add_argument("--annotations", required=True, type=_path, metavar="FILE", help="COCO-style json, or a .mat")
    command.add_argument("--measure", choices=("oks", "pckh"), default="oks", help="COCO's or MPII's (%(default)s)")
    command.add_argument("--groups", type=_path, metavar="FILE", help="MPII's groups_v12.mat, with its own annotations")
    command.add_argument(
        "--bootstrap", type=partial(_whole, least=0), default=0, metavar="N",
        help="draw the images again N times for a 95 %% interval",
    )  # fmt: skip
    command.add_argument("--results", type=_path, metavar="FILE", help="also write the people found, as COCO results")
    command.add_argument(
        "--skeleton",
        default="coco-17",
        metavar="NAME",
        help="of the annotations: a name or a JSON file (%(default)s)",
    )
    command.add_argument(
        "--category", metavar="NAME_OR_ID", help="of the annotations; by default person, or the only one there is"
    )
    command.add_argument("--parts", metavar="PARTS", help="evaluate some alone: body, feet, or names with commas")
    command.set_defaults(run=evaluate)

    command = commands.add_parser(
        "fetch", help="fetch weights, photographs and videos",
        description="Fetch by name into the cache folder, once, and print where it lies.",
    )  # fmt: skip
    command.add_argument("names", nargs="*", metavar="NAME")
    command.add_argument("--all", action="store_true", help="everything there is")
    command.add_argument("--list", action="store_true", help="list what there is, with size and licence")
    command.set_defaults(run=fetch)

    command = commands.add_parser(
        "train", help="train a network that a TOML file describes",
        description="Train a network that a TOML file describes (paflib.trainer.config). Ctrl-C leaves a checkpoint, "
        "and the same command goes on from it. DIR gets log.csv, validation.csv, checkpoint.pt and, at the end, "
        "weights.safetensors, which --weights of the other commands takes. Several processes: torchrun "
        "--nproc-per-node=N -m paflib train CONFIG.toml.",
    )  # fmt: skip
    command.add_argument("config", type=_path, metavar="CONFIG.toml")
    command.add_argument("--out", type=_path, metavar="DIR", help="folder of the run (runs/NAME)")
    command.add_argument(
        "--stop-at", type=partial(_whole, least=1), metavar="STEP", help="stop after this step, with a checkpoint"
    )  # fmt: skip
    command.set_defaults(run=train)

    command = commands.add_parser(
        "synthesize", help="generate pictures of people with their exact truth",
        description="Write DIR/images and DIR/annotations/person_keypoints_LEVEL.json, as COCO has them, of generated "
        "people: the same files for the same level, count and seed. DIR appears when all is written, or not at all.",
    )  # fmt: skip
    command.add_argument("level", metavar="LEVEL", help="easy, crowd or hard")
    command.add_argument("--count", type=partial(_whole, least=1), required=True, metavar="N", help="how many pictures")
    command.add_argument(
        "--seed", type=partial(_whole, least=0), default=0, metavar="S", help="of the world (%(default)s)"
    )
    command.add_argument("--out", required=True, type=_path, metavar="DIR", help="a new folder")
    command.set_defaults(run=synthesize)

    command = commands.add_parser(
        "export", help="write a network as an ONNX file",
        description="Write a network as an ONNX file, for ONNX Runtime, OpenCV and others. It takes pictures "
        "(B, H, W, 3) as they are, uint8 RGB, and gives the maps S and fields L of the last stage. The other commands "
        "take it as --weights.",
    )  # fmt: skip
    command.add_argument(
        "--weights", default="mobilenet-thin", metavar="NAME", help="network, by name or as a file (%(default)s)"
    )
    command.add_argument("--out", required=True, type=_path, metavar="FILE.onnx")
    command.add_argument(
        "--size", nargs=2, type=partial(_whole, least=1), metavar=("HEIGHT", "WIDTH"),
        help="of the only pictures it takes, one at a time; by default pictures of any size and number",
    )  # fmt: skip
    command.set_defaults(run=export)

    command = commands.add_parser(
        "grade", help="grade a folder of submissions",
        description="Grade notebooks and Python files, one for each student or in a folder for each. DIR gets "
        "grades.csv, overview.html, reports/STUDENT.html and, for the next run, state/ and assignment.json. Each "
        "submission runs in a process that is kept from the rest of the machine as well as the system can "
        "(paflib.grading). Ctrl-C leaves what is done, and the same command goes on.",
    )  # fmt: skip
    command.add_argument("submissions", type=_path, metavar="SUBMISSIONS", help="folder of the submissions")
    command.add_argument(
        "--assignment", required=True, metavar="A", help="a name, a dotted name, or a Python file with ASSIGNMENT in it"
    )
    command.add_argument("--out", required=True, type=_path, metavar="DIR", help="folder for the results")
    command.add_argument(
        "--seed", type=partial(_whole, least=0), default=0, metavar="S",
        help="another number draws other hidden cases for the same notebooks, as for a second try; it is not the word "
        "of the class, which is in the teacher's file (%(default)s)",
    )  # fmt: skip
    command.add_argument("--jobs", type=partial(_whole, least=1), metavar="N", help="submissions at a time")
    command.add_argument("--regrade", action="store_true", help="take nothing from an earlier run")
    command.set_defaults(run=grade)
    for each in commands.choices.values():
        each.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def _path(text: str) -> Path:
    if not text:  # Path("") is the current folder, which nobody meant who wrote "$UNSET"
        raise argparse.ArgumentTypeError("the name is empty; is a variable of the shell not set?")
    return Path(text)


def _factors(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(factor) for factor in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers with commas, such as 1,0.7,1.3") from None


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is too small, wanted at least {least}")
    return number


if __name__ == "__main__":
    sys.exit(main())
