"""Child processes that were started before a fork: a forked worker could not wait for them."""

import os
import sys

from hasten_worker.processes.holders import holder, is_a, loaded

TRACKERS = ("multiprocessing.resource_tracker", "joblib.externals.loky.backend.resource_tracker")
_CLASSES = (
    "subprocess.Popen",
    "multiprocessing.process.BaseProcess",
    "asyncio.base_subprocess.BaseSubprocessTransport",
)


def child_processes(rootpath):
    """Returns why this process must not be forked: its children, and which variable has each."""
    found = []
    classes = loaded(*_CLASSES)
    for pid in _children():
        held = holder(str(rootpath), lambda value, pid=pid: _is_process(value, classes, pid))
        name = _name(pid)
        if held is None and name is None:
            continue  # it has ended, and nobody asks how
        cause = f"the process {pid} ({name or 'ended'})"
        if held is not None:
            cause = f"{held} holds {cause}"
        found.append({"kind": "processes", "cause": cause})
    return found


def _children():
    """Returns their ids, also of those that have ended and were not waited for."""
    trackers = {of_tracker(name, "_pid") for name in TRACKERS}
    found = []
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="utf-8") as file:
                found += map(int, file.read().split())
    except OSError:  # not Linux, a kernel that does not tell
        return []
    return [pid for pid in found if pid not in trackers]


def of_tracker(module, attribute):
    """Returns this of the process in which a library counts what processes share, or None.

    All may write to it, and nobody waits for it.
    """
    tracker = getattr(sys.modules.get(module), "_resource_tracker", None)
    return getattr(tracker, attribute, None)


def _is_process(value, classes, pid):
    if not is_a(value, classes):
        return False
    try:
        own = value.get_pid() if hasattr(value, "get_pid") else value.pid
    except ValueError:  # closed
        return False
    return own == pid


def _name(pid):
    """Returns the command of a process, or None when it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="surrogateescape") as file:
            command, _, rest = file.read().partition(" (")[2].rpartition(") ")
    except OSError:
        return None
    return None if rest[:1] in ("Z", "X") else command
