"""Where our descriptors live: out of the way of tests."""

import fcntl
import os

# Tests close "everything they did not open" with `os.closerange(3, 256)` and the like.
LOWEST = 700
# All numbers that were given to one of ours, of this process and of those that it was forked from.
OURS = set()
# Files that we share memory in, likewise: device and inode.
SHARED = set()
_DUPLICATE = getattr(fcntl, "F_DUPFD_CLOEXEC", fcntl.F_DUPFD)  # PyPy lacks the first


def identity(descriptor):
    """Returns the device and the inode of an open file, or None when it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def move_up(descriptor):
    """Returns ``descriptor`` under a number above 700, closed on exec; the old one is closed."""
    moved = copy_up(descriptor)
    os.close(descriptor)
    return moved


def copy_up(descriptor):
    """Returns a copy of ``descriptor`` under a high number, closed on exec."""
    for lowest in (LOWEST, 200, 3):
        try:
            copy = fcntl.fcntl(descriptor, _DUPLICATE, lowest)
        except OSError:  # the process may have fewer descriptors than that (`ulimit -n`)
            if lowest == 3:
                raise
        else:
            if _DUPLICATE == fcntl.F_DUPFD:
                os.set_inheritable(copy, False)
            OURS.add(copy)
            return copy
    return None
