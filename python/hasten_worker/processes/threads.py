"""Threads that are alive before a fork: a child would have their locks, but not them."""

import os
import sys

from hasten_worker.processes import native_threads
from hasten_worker.processes.forking import ForkFailed, try_fork
from hasten_worker.processes.holders import holder


def unsafe_threads(rootpath):
    """Returns why this process must not be forked: threads by name, or their number."""
    python = _python_threads()
    causes = [_describe(thread, str(rootpath)) for thread in python]
    if _native_threads(python):
        # OpenBLAS and others end their threads themselves before a fork.
        try:
            try_fork()
        except ForkFailed:
            pass
        native = _native_threads(_python_threads())
        if native:
            causes.append(native_threads.describe(native, rootpath))
    return [{"kind": "threads", "cause": cause} for cause in causes]


def _python_threads():
    threading = sys.modules.get("threading")
    if threading is None:
        return []
    return [
        thread
        for thread in threading.enumerate()
        if thread is not threading.current_thread() and thread.is_alive()
    ]


def _native_threads(python):
    """Returns the ids of the others."""
    known = {os.getpid(), *(thread.native_id for thread in python)}
    try:
        found = [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:  # not Linux
        return []
    return sorted(set(found) - known)


def _describe(thread, rootpath):
    target = getattr(thread, "_target", None)
    if target is None:
        target = type(thread)
    module = getattr(target, "__module__", None)
    name = getattr(target, "__qualname__", None) or repr(target)
    where = f"{module}.{name}" if module else name
    held = holder(rootpath, lambda value: value is thread)
    by = f" of {held}" if held else ""
    return f"thread {thread.name!r}{by} ({where})"
