"""Threads that are alive before a fork: a child would have their locks, but not them."""

import os
import sys

from hasten_worker.processes.forking import ForkFailed, try_fork


def unsafe_threads():
    """Returns why this process must not be forked: threads by name, or their number."""
    python = _python_threads()
    causes = [_describe(thread) for thread in python]
    if _native_threads(len(python)):
        # OpenBLAS and others end their threads themselves before a fork.
        try:
            try_fork()
        except ForkFailed:
            pass
        native = _native_threads(len(_python_threads()))
        if native:
            plural = "s" if native != 1 else ""
            causes.append(f"{native} native thread{plural} not started by Python")
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
    try:
        return max(len(os.listdir("/proc/self/task")) - 1 - python, 0)
    except OSError:  # not Linux
        return 0


def _describe(thread):
    target = getattr(thread, "_target", None)
    if target is None:
        target = type(thread)
    module = getattr(target, "__module__", None)
    name = getattr(target, "__qualname__", None) or repr(target)
    where = f"{module}.{name}" if module else name
    return f"thread {thread.name!r} ({where})"
