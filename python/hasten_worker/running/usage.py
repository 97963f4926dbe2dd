"""What items use: processor time of each phase, and memory.

Asking the kernel costs more than a tiny test does otherwise. So a phase, or a gap between two,
that is shorter than `_FINEST` is taken for computing all the time; what is longer is measured. No
phase is wrong by more than that.
"""

import sys
import time

import pytest

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # not on this system
    getrusage = None

_FINEST = 100e-6
# The guesses of many short phases must not add up.
_READ_EVERY = 1e-3
# An item that is shorter has no time to take much memory: the next look finds it.
_LOOKS_AT_MEMORY = 200e-6
_LOOK_EVERY = 5e-3
_UNIT = 1024 if sys.platform == "darwin" else 1  # into KiB
_NEVER = float("-inf")


class Usage:
    """Adds up what the running item uses."""

    def __init__(self):
        # Bound here: a plugin that freezes time replaces functions in modules.
        self._wall = time.perf_counter
        self._processor = time.process_time
        self._spent = 0.0  # processor time at the last border
        self.border = _NEVER  # when that was, by `time.perf_counter`
        self._read_until = _NEVER  # when the kernel must be asked again
        self._look_at = _NEVER
        self._peak = 0
        self.begin_item()

    def begin_item(self):
        """Another item runs from now on."""
        self.processor = {"setup": 0.0, "call": 0.0, "teardown": 0.0}

    def begin(self):
        """A phase begins: what was used since the last one belongs to none."""
        now = self._wall()
        gap = now - self.border
        if gap < _FINEST and now < self._read_until:
            self._spent += gap
        else:
            self._spent = self._processor()
            self._read_until = now + _READ_EVERY
        self.border = now

    def end(self, when):
        """The phase has ended; or a part of it, which may be called again."""
        now = self._wall()
        used = now - self.border
        if used < _FINEST:
            self._spent += used
        else:
            spent = self._processor()
            used = max(spent - self._spent, 0.0)
            self._spent = spent
            self._read_until = now + _READ_EVERY
        self.border = now
        if when in self.processor:
            self.processor[when] += used

    def peak_memory(self, seconds):
        """Returns the most memory that the process has held, in KiB; 0: not known.

        ``seconds``: how long the item took.
        """
        if seconds < _LOOKS_AT_MEMORY and self.border < self._look_at:
            return self._peak
        self._look_at = self.border + _LOOK_EVERY
        if getrusage is not None:
            self._peak = getrusage(RUSAGE_SELF).ru_maxrss // _UNIT
        return self._peak


class PhaseUsage:
    """A plugin for where somebody else calls the phases of an item.

    No wrapper: it would be seen in tracebacks.
    """

    def __init__(self, usage):
        self._usage = usage

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self):
        self._usage.begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call):
        self._usage.end(call.when)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self):
        self._usage.begin()
