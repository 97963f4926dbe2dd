"""Memory that is shared with forked processes: what one worker writes the others would read.

Values, events and locks of multiprocessing lie there, and what `mmap` makes without a file.
"""

import os
import re

from hasten_worker.processes import descriptors
from hasten_worker.processes.holders import holder, is_a, loaded

# A mapping that can be written to and is shared; what is in a file is so in new processes, too.
_SHARED = re.compile(r"^\S+ rw.s \S+ (\w+):(\w+) (\d+) +(/.*)$")
_LOCK = "/dev/shm/sem."
_CLASSES = (
    "multiprocessing.synchronize.SemLock",
    "multiprocessing.synchronize.Condition",
    "multiprocessing.synchronize.Event",
    "multiprocessing.sharedctypes.SynchronizedBase",
    "multiprocessing.heap.BufferWrapper",
    "multiprocessing.shared_memory.SharedMemory",
    "mmap.mmap",
)


def shared_memory(rootpath):
    """Returns why this process must not be forked: such memory, and which variable holds it."""
    names = _mappings()
    if not names:
        return []
    classes = loaded(*_CLASSES)
    held = holder(str(rootpath), lambda value: is_a(value, classes))
    if held is not None:
        return [{"kind": "memory", "cause": f"{held} holds memory that processes share"}]
    # A lock that a library has for itself works as well between more processes.
    others = [name for name in names if not name.startswith(_LOCK)]
    return [
        {"kind": "memory", "cause": f"memory that processes share ({name})"} for name in others[:1]
    ]


def _mappings():
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
            found = [match.groups() for match in map(_SHARED.match, file) if match]
    except OSError:  # not Linux
        return []
    return [name for *place, name in found if _is_of_processes(name) and not _is_ours(*place)]


def _is_of_processes(name):
    return name.endswith(" (deleted)") or name.startswith("/dev/shm/")


def _is_ours(major, minor, inode):
    return (os.makedev(int(major, 16), int(minor, 16)), int(inode)) in descriptors.SHARED
