"""A file system, a network and a list of processes for one submission alone, made of Linux namespaces.

Only the standard library is used: this runs in the small process between the grader and the submission, before there is
a submission. The order matters and is that of :func:`leave_system`, a fork, :func:`build`, another fork,
:func:`become_nobody`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

INSIDE = 1000
"""The user id that a submission sees as its own."""
HOME = "/sandbox"
"""Where a submission may write."""

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_PDEATHSIG, _DUMPABLE, _GET_SECCOMP, _SECCOMP, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS = 1, 4, 21, 22, 24, 36, 38
_PIVOT_ROOT = {"x86_64": 155, "i686": 217, "ppc64le": 203, "s390x": 217, "armv7l": 218}  # elsewhere 41

_DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.conf",
    "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime", "/etc/fonts", "/etc/mime.types",
    "/sys/devices/system/cpu",
)  # fmt: skip
"""What an interpreter needs of the system."""


OPEN_FILE = 1 << 18
"""Bytes that an open file counts as: what a pipe or a socket may hold for a process is not among its memory."""

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CALLS = {
    # Calls that make memory which is no process's, and so is counted nowhere.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "io_uring_setup": (425, 425),
}
_SETSOCKOPT = (54, 208)
_SNDBUF = 7


# ---- system calls --------------------------------------------------------------------------------------------------


def _call(name: str, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [os.fsencode(each) if isinstance(each, str) else each for each in arguments]
    given = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in given]
    if getattr(libc, name)(*given) != 0:
        error = ctypes.get_errno()
        what = f" {arguments[1]}" if name == "mount" else ""
        raise OSError(error, f"{name}{what}: {os.strerror(error)}")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    _call("mount", source, target, kind, flags, data)


def die_with_parent() -> None:
    """Be killed when the parent thread ends."""
    _call("prctl", _PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def hide_memory(hidden: bool = True) -> None:
    """Keep other processes of the same user from reading or tracing this one."""
    _call("prctl", _DUMPABLE, 0 if hidden else 1, 0, 0, 0)


def can_filter() -> bool:
    """Whether this kernel refuses system calls when asked to, and we know their numbers here."""
    if platform.machine() not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return False
    return bool(ctypes.CDLL(None).prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def forbid_hidden_memory() -> None:
    """Refuse, for good, the system calls that make memory outside of processes, and to let sockets hold more.

    Raises:
        OSError: the kernel does not take the filter.
    """
    code = _filter(list(_ARCHITECTURES).index(platform.machine()))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))  # the C struct, with its padding
    _call("prctl", _SECCOMP, 2, program, 0, 0)


def _filter(column: int) -> bytes:
    """A program for the kernel's filter, in its machine language of (code, if true, if false, value)."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    refuse, allow = (give, 0, 0, 0x00050000 | errno.ENOSYS), (give, 0, 0, 0x7FFF0000)
    lines = [(load, 0, 0, 4), (equal, 1, 0, list(_ARCHITECTURES.values())[column]), refuse]  # calls as of 32 bits
    lines += [(load, 0, 0, 0), (at_least, 0, 1, 0x40000000), refuse]  # x32 has numbers of its own
    for numbers in _CALLS.values():
        lines += [(equal, 0, 1, numbers[column]), refuse]
    lines += [(equal, 0, 3, _SETSOCKOPT[column]), (load, 0, 0, 32), (equal, 0, 1, _SNDBUF), refuse, allow]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


# ---- namespaces ----------------------------------------------------------------------------------------------------


def leave_system(proc: int, as_root: bool) -> None:
    """New namespaces for this process and the next child: that child is the first process of a system of its own.

    Raises:
        OSError: the kernel, or the container around, does not allow it.
    """
    if not as_root:
        _new_user(proc)
        forbid_more_users(proc)
    _call("unshare", _NEWPID | _NEWNET | _NEWIPC | _NEWUTS)
    with contextlib.suppress(OSError):
        _call("unshare", _NEWCGROUP)
    for name in ("shmmax", "shmall"):  # memory that no process holds, and so nobody counts
        with contextlib.suppress(OSError):
            _write(proc, f"sys/kernel/{name}", "0")


def _new_user(proc: int) -> None:
    """Be user 1000 of a new user namespace, with every right there and with our own rights outside."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEWUSER)
    _write(proc, "self/setgroups", "deny")
    _write(proc, "self/uid_map", f"{INSIDE} {user} 1")
    _write(proc, "self/gid_map", f"{INSIDE} {group} 1")


def _write(proc: int, name: str, text: str) -> None:
    """Write to a file of the system's ``/proc``, of which ``proc`` is a descriptor: in a jail its own is read-only."""
    descriptor = os.open(name, os.O_WRONLY, dir_fd=proc)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)


def forbid_more_users(proc: int) -> None:
    """No process of this user namespace may open another: there it would have rights over what is mounted there."""
    with contextlib.suppress(OSError):
        _write(proc, "sys/user/max_user_namespaces", "0")


def become_nobody(user: int | None, proc: int | None) -> None:
    """Give up every right: root changes to ``user``; then no program that is started can win any.

    ``proc`` is a descriptor of the system's ``/proc`` in a jail.

    Raises:
        OSError: there is no such user id here (a container maps few).
    """
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        if proc is not None:
            hide_memory(False)  # or our own entries in /proc are root's
            with contextlib.suppress(OSError):  # one more wall, where the kernel has it
                _new_user(proc)
                forbid_more_users(proc)
    for capability in range(64):
        with contextlib.suppress(OSError):
            _call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    if can_filter():
        forbid_hidden_memory()


# ---- the file system -----------------------------------------------------------------------------------------------


def build(root: str, readable: Iterable[str], hidden: Iterable[str], disk: int, owner: int) -> None:
    """Make ``root`` the root of this process: what is readable, read-only, less what is hidden, and an empty folder.

    Raises:
        OSError: something could not be mounted.
    """
    _call("unshare", _NEWNS)
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("paflib", root, "tmpfs", _NOSUID | _NODEV, "mode=755,size=16m")
    places = _show(root, (*SYSTEM, *readable))
    _devices(root)
    for folder in (HOME, "/dev/shm"):
        os.makedirs(root + folder, exist_ok=True)
        options = f"mode=700,size={disk},nr_inodes=20000,uid={owner},gid={owner}"
        _mount("paflib", root + folder, "tmpfs", _NOSUID | _NODEV, options)
    if not os.path.lexists(root + "/tmp"):
        os.symlink(f"{HOME}/tmp", root + "/tmp")
    _processes(root)
    _users(root)
    for path in hidden:
        _hide(root, path, places)
    _enter(root)
    _mount(None, "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    os.chdir(HOME)


def _show(root: str, paths: Iterable[str]) -> list[str]:
    """Bind what exists read-only to the same places below ``root``, and to the places that links lead to; which."""
    places: dict[str, str] = {}
    for path in paths:
        if os.path.dirname(path) == "/" and os.path.islink(path):  # /lib -> usr/lib
            os.symlink(os.readlink(path), root + path)
        elif os.path.exists(path):
            real = os.path.realpath(path)
            places.update({real: real, os.path.abspath(path): real})
    for place in sorted(places, key=len):  # a folder before what is in it, which then is there already
        if not os.path.lexists(root + place):
            _bind(places[place], root + place)
    return list(places)


def _bind(source: str, place: str) -> None:
    _make_place(place, os.path.isdir(source))
    _mount(source, place, None, _BIND | _REC)
    for inner in _mounts_below(place):
        _make_read_only(inner)


def _make_place(place: str, folder: bool) -> None:
    os.makedirs(place if folder else os.path.dirname(place), exist_ok=True)
    if not folder:
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))


def _mounts_below(place: str) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_bytes().decode(errors="surrogateescape").splitlines()
    points = [_unescape(line.split(" ")[4]) for line in lines]
    return [point for point in dict.fromkeys(points) if point == place or point.startswith(place + "/")]


def _unescape(text: str) -> str:
    r"""A path as ``mountinfo`` has it, with ``\040`` for a space.

    >>> print(_unescape(r"/home/my\040folder"))
    /home/my folder
    """
    for code in ("040", "011", "012", "134"):
        text = text.replace("\\" + code, chr(int(code, 8)))
    return text


def _make_read_only(place: str) -> None:
    """Remount with the flags that it has, which a user namespace may not take away; or cover it."""
    try:
        kept = os.statvfs(place).f_flag & (_NOSUID | _NODEV | _NOEXEC)
        _mount(None, place, None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV | kept)
    except OSError:
        _cover(place)


def _cover(place: str) -> None:
    if os.path.isdir(place):
        _mount("paflib", place, "tmpfs", _RDONLY | _NOSUID | _NODEV | _NOEXEC, "mode=555,size=4k")
    else:
        _mount("/dev/null", place, None, _BIND)
        _mount(None, place, None, _REMOUNT | _BIND | _RDONLY | _NOSUID)


def _hide(root: str, path: str, places: Sequence[str]) -> None:
    """Cover a path that is in one of the shown places; a folder around them shows nothing else anyway."""
    for place in dict.fromkeys((os.path.realpath(path), os.path.abspath(path))):
        shown = any(_within(place, other) for other in places)
        if shown and os.path.exists(root + place) and not any(_within(other, place) for other in places):
            _cover(root + place)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _devices(root: str) -> None:
    os.makedirs(root + "/dev", exist_ok=True)
    for name in _DEVICES:
        _make_place(f"{root}/dev/{name}", folder=False)
        _mount(f"/dev/{name}", f"{root}/dev/{name}", None, _BIND)
    for name, target in _LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")


def _processes(root: str) -> None:
    """A list of the processes of this namespace; a container may forbid it, and then there is none."""
    os.makedirs(root + "/proc", exist_ok=True)
    with contextlib.suppress(OSError):
        _mount("proc", root + "/proc", "proc", _RDONLY | _NOSUID | _NODEV | _NOEXEC)


def _users(root: str) -> None:
    os.makedirs(root + "/etc", exist_ok=True)
    Path(root + "/etc/passwd").write_text(f"student:x:{INSIDE}:{INSIDE}::{HOME}:/bin/false\n", encoding="ascii")
    Path(root + "/etc/group").write_text(f"student:x:{INSIDE}:\n", encoding="ascii")


def _enter(root: str) -> None:
    number = _PIVOT_ROOT.get(platform.machine(), 41)
    os.chdir(root)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), b".", b".") != 0:
        raise OSError(ctypes.get_errno(), f"pivot_root: {os.strerror(ctypes.get_errno())}")
    _call("umount2", ".", _DETACH)  # the old root, which lay over the new one
    os.chdir("/")


# ---- processes and their memory ------------------------------------------------------------------------------------


def descendants(pid: int, most: int = 10_000) -> list[int]:
    """The processes that ``pid`` and its descendants started and that are their children now; of many, the first."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < most:  # they may start more while we count
        children = _children(waiting.pop())
        waiting += children
        found += children
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError, ValueError):
                found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii").split())
    return found


def used_memory(pids: Sequence[int], limit: int) -> tuple[int, bool]:
    """Bytes of memory that processes hold together, or the kernel for them, and whether that is sure.

    What they share is counted once for each, which is quick; only when that is above ``limit`` is it shared out. Where
    processes that start processes make that slow, the larger number is given, and is not sure.
    """
    quick, until = sum(_held(pid, "VmRSS:", "VmSwap:") for pid in pids), time.monotonic() + 0.2
    if quick <= limit:
        return quick, True
    shared_out = 0
    for pid in pids:
        shared_out += _proportional(pid)
        if shared_out > limit:
            break
        if time.monotonic() > until:
            return quick, False
    return shared_out, True


def _held(pid: int, *kinds: str) -> int:
    """Bytes of some kinds of memory of a process; and what its page tables take, and its open files may."""
    held = sum(_sizes(f"/proc/{pid}/status", *kinds, "VmPTE:"))
    with contextlib.suppress(OSError):
        held += OPEN_FILE * len(os.listdir(f"/proc/{pid}/fd"))
    return held


def _proportional(pid: int) -> int:
    shared_out = list(_sizes(f"/proc/{pid}/smaps_rollup", "Pss:", "SwapPss:"))
    return _held(pid) + sum(shared_out) if shared_out else _held(pid, "VmRSS:", "VmSwap:")


def _sizes(path: str, *names: str) -> Iterator[int]:
    """Bytes, from lines such as ``Pss: 12 kB``; of a process that has ended, none."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(path).read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(names):
                yield int(line.split()[1]) * 1024


def tasks_of_user(user: int) -> int:
    """How many processes and threads a user has now, against which the kernel counts a new limit."""
    count = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
    return count
