"""A test that stops in pdb gets the terminal: ``breakpoint()``, ``pytest.set_trace()``."""

import json
import os
import signal

import pytest

from hasten_worker.messages import wire


class Debugging:
    """Asks for the terminal when pdb begins, and gives it back when the test goes on.

    Where the test is stopped for good (``quit``), the supervisor takes the terminal back by itself.
    """

    def __init__(self, channel, journal, streams):
        self._channel = channel
        self._journal = journal
        self._streams = streams
        self._before = None  # the descriptor that stdin was, while the terminal is ours
        self._on_suspend = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_enter_pdb(self):
        """Waits for its turn."""
        journal = self._journal
        if self._before is not None or journal.copied or journal.cut_off:
            return
        # Who debugs is not to be hurried, neither now nor for the rest of the phase.
        journal.debugged(journal.started)
        paused = journal.pause()
        try:
            self._channel.send(wire.ASK_TERMINAL)
            answer = json.loads(self._channel.receive_kind(wire.TERMINAL))
        except wire.Closed:
            journal.cut_off = True
            return
        finally:
            journal.resume(paused)
        if answer["granted"]:
            self._before = self._streams.open_stdin()
            # No shell would bring back what Ctrl-Z stops: it started another process.
            self._on_suspend = _set(signal.SIG_IGN)

    @pytest.hookimpl(trylast=True)
    def pytest_leave_pdb(self):
        """The test goes on."""
        if self._before is None:
            return
        os.dup2(self._before, 0, inheritable=False)
        os.close(self._before)
        self._before = None
        _set(self._on_suspend)
        try:
            self._channel.send(wire.LEAVE_TERMINAL)
        except wire.Closed:
            self._journal.cut_off = True


def _set(handler):
    try:
        return signal.signal(signal.SIGTSTP, handler)
    except (TypeError, ValueError):  # a handler of C code; not the main thread
        return None
