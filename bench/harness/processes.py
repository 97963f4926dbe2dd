"""The processes below this one: their memory, and their end. Linux only."""

import contextlib
import ctypes
import os
import pathlib
import signal

PR_SET_CHILD_SUBREAPER = 36


def adopt():
    """From now on, what a run leaves behind becomes a child of this process, so it can be measured and ended."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    """pid -> the pids of its children, of all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            parent = parent_of(entry)
            if parent is not None:
                found.setdefault(parent, []).append(int(entry))
    return found


def below(root):
    """All descendants of a process."""
    known, found, waiting = children(), [], [root]
    while waiting:
        more = known.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def kill(root):
    """Kills a process and its descendants, but reaps none."""
    for pid in [root, *below(root)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def own():
    """The children of this process."""
    return set(children().get(os.getpid(), []))


def end(kept=()):
    """Kills and reaps what runs below this process, but for what is kept and all below that."""
    while True:
        # Killing one leaves its children to us.
        extra = own().difference(kept)
        if not extra:
            return
        for pid in extra:
            kill_one(pid)


def kill_one(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def memory():
    """The proportional set size of all that runs below this process, in bytes."""
    return sum(memory_of(pid) for pid in below(os.getpid()))


def parent_of(pid):
    try:
        stat = pathlib.Path("/proc", str(pid), "stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[1])


def memory_of(pid):
    try:
        lines = pathlib.Path("/proc", str(pid), "smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
