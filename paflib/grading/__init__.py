"""Grading a folder of submissions: ``paflib grade DIR --assignment A --out OUT``.

A submission is a stranger's program. It runs in a process of its own, in an interpreter of its own, and answers calls
of its functions over a pipe with plain arrays, numbers and texts; nothing is unpickled on either side. The checks,
their hidden cases and the points stay in another process, so a submission that patches numpy, pytest, otter or the
checks patches its own copy. What it can do with the pipe is give an answer, and answers are what is judged.

**Always protected**, on every system: the points (they depend on the values that come back and on nothing else), the
grades of the others, and the grader's time and memory: a call, a cell and the whole submission have time limits, an
answer has a size limit that is looked at before the answer is read, reading it and checking it have a time limit and on
Linux a memory limit of their own, and of what is printed the first 20 kB are kept.

**Protected on Linux where the kernel allows namespaces** (a usual desktop or server; in a container, with root and
``CAP_SYS_ADMIN``): the submission sees a file system that holds the interpreter, its packages and ``paflib``, all of it
read-only, and one empty writable folder in memory of limited size; no home folder, no other submission, no assignment
file, no results. It has no network, sees no process but its own and can signal no other, has no privileges, and its
user id is another one where the grader runs as root. When it ends or is stopped, the kernel ends all processes that it
started, however they detached themselves. Of ``paflib`` it does not see the checks: to know a right answer they work it
out, and whoever could import them could hand in theirs. (Calls of checks in a notebook do nothing while it is graded.)

**Not protected elsewhere.** On Linux without namespaces, root changes to an unprivileged user id, which keeps the
submission from the grader's processes and from files that are not world-readable or world-writable; but it has the
network, and can read what everybody can, the files of the checks too. Without root as well, and on macOS, the
submission has the rights of the person who grades: it can read the assignment file and the other submissions, delete
files, use the network, signal the grader, and leave processes behind if it means to. On Windows there are time limits
and no others. The command says so before it starts, and the class overview says which protections were active. Grade
strangers' work in such a place only inside a virtual machine or a container. As root where not even the user id can be
changed, nothing is run at all.
In all these places a submission is stopped by time, and on Linux by memory: what its processes hold together, with
their page tables, each open file counting as 256 KiB for what is in pipes and sockets. Memory that would belong to no
process (``memfd_create``, shared segments and semaphores of System V) is refused by a filter of system calls, on
processors of the kinds x86-64 and arm64; elsewhere it is bounded only by the number of open files times the largest
file.

**Not protected anywhere**: against faults of the kernel itself; against a submission that uses the processor up to its
time limit while others run beside it (their limits are in seconds of the clock: grade with fewer ``--jobs`` on a busy
machine).

The pieces: :mod:`~paflib.grading.assignment` what is asked, :mod:`~paflib.grading.notebook` what was handed in,
:mod:`~paflib.grading.sandbox` running it (with :mod:`~paflib.grading.warden`, :mod:`~paflib.grading.jail` and
:mod:`~paflib.grading.worker` on the other side and :mod:`~paflib.grading.wire` in between),
:mod:`~paflib.grading.judge` one submission to one result, :mod:`~paflib.grading.grade` a folder to a table,
:mod:`~paflib.grading.report` the pages.
"""
