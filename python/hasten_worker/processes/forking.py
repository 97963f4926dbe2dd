"""Forks whose children belong to the supervisor."""

import os
import sys
import warnings
from os import _exit, fork, setpgid, waitpid  # before anybody replaces them
from signal import SIG_DFL, SIG_IGN, SIGCHLD, getsignal

from hasten_worker.processes.randomness import RandomState
from hasten_worker.processes.signals import set_handler


class ForkFailed(Exception):
    """The operating system has no further process for us."""


def fork_off(own_group):
    """Forks a process whose parent will be the supervisor; returns True in it.

    The fork is a double one: the process in the middle leaves at once, and the supervisor, a
    subreaper, inherits its child. ``own_group``: the child leads a process group of its own.
    """
    _flush_streams()
    state = RandomState.current()
    ignored = getsignal(SIGCHLD) == SIG_IGN
    middle = _fork()
    if middle:
        _wait(middle)
        return False
    try:
        if ignored:
            # The system would take the status of a child that ends before this process.
            set_handler(SIGCHLD, SIG_DFL)
        if _fork():
            _exit(0)
    except ForkFailed:
        _exit(1)
    if ignored:
        set_handler(SIGCHLD, SIG_IGN)
    if own_group:
        setpgid(0, 0)
    state.restore()
    return True


def fork_child():
    """Forks a child that this process keeps; returns its id, and 0 in the child.

    The child leads a process group of its own.
    """
    _flush_streams()
    state = RandomState.current()
    child = _fork()
    if not child:
        setpgid(0, 0)
        state.restore()
    return child


def try_fork():
    """Forks a child that leaves at once: libraries may end threads of theirs before a fork."""
    _flush_streams()
    child = _fork()
    if not child:
        _exit(0)
    _wait(child)


def _fork():
    try:
        if sys.version_info < (3, 12):
            return fork()
        with warnings.catch_warnings():
            # Whether threads are alive was looked at before, and decided on.
            warnings.simplefilter("ignore", DeprecationWarning)
            return fork()
    except OSError as error:
        raise ForkFailed(os.strerror(error.errno) if error.errno else str(error)) from None


def _wait(child):
    try:
        _, status = waitpid(child, 0)
    except ChildProcessError:  # somebody ignores SIGCHLD, or waits for everything
        return
    if status:
        raise ForkFailed("a process that was forked could not fork in its turn")


def _flush_streams():
    """What is in a buffer now would be written once by each process."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass
