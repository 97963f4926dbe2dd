"""Exceptions that nobody could catch: of finalizers, and of threads. pytest warns of them."""

import sys
import threading

from _pytest import threadexception, unraisableexception

# Since pytest 8.4 hooks of the whole session collect them; before, each phase had its own.
COLLECTED = hasattr(unraisableexception, "collect_unraisable")


def strays_of(config):
    """Returns what knows of such exceptions."""
    if not COLLECTED:
        return Catchers()
    return Queues(
        config.stash[unraisableexception.unraisable_exceptions],
        config.stash[threadexception.thread_exceptions],
    )


class Queues:
    """Where pytest keeps them until it asks at the end of a phase."""

    def __init__(self, unraisable, threads):
        self._unraisable = unraisable
        self._threads = threads

    def enter(self):
        pass

    def leave(self):
        pass

    def heard(self):
        """Whether there was one."""
        return self._unraisable or self._threads

    def replay(self):
        """Shows them to hooks that did not see them: here there are none."""


class Catchers:
    """The hooks of one phase, like ``catch_unraisable_exception`` and its twin for threads."""

    def __init__(self):
        self._before = None
        self._unraisable = self._thread = None

    def enter(self):
        self._before = sys.unraisablehook, threading.excepthook
        self._unraisable = self._thread = None
        sys.unraisablehook, threading.excepthook = self._catch_unraisable, self._catch_thread

    def leave(self):
        if self._before is not None:
            sys.unraisablehook, threading.excepthook = self._before
            self._before = None

    def heard(self):
        return self._unraisable or self._thread

    def replay(self):
        unraisable, self._unraisable = self._unraisable, None
        thread, self._thread = self._thread, None
        if unraisable:
            sys.unraisablehook(unraisable)
        if thread:
            threading.excepthook(thread)

    def _catch_unraisable(self, unraisable):
        self._unraisable = unraisable

    def _catch_thread(self, arguments):
        self._thread = arguments
