"""Raises a time limit where the test is, when the supervisor says that it is reached.

The supervisor keeps the time and gives the verdict. It asks with a signal, so that what the test
has to end (``finally``, fixtures) is ended by the test itself; a process that does not heed it is
killed.
"""

import io
import os
import signal
import sys

import _pytest
import pluggy
import pytest
from _pytest.runner import CallInfo

import hasten_worker
from hasten_worker.configuration.settings import debugger_attached, debugger_detection_is_off
from hasten_worker.messages import journal as words

_WHEN = {words.SETUP: "setup", words.TEARDOWN: "teardown"}
_SEPARATOR = os.sep
_STDLIB = os.path.dirname(os.__file__) + _SEPARATOR
_RUNNERS = tuple(
    os.path.dirname(os.path.abspath(each)) + _SEPARATOR
    for each in (_pytest.__file__, pluggy.__file__, hasten_worker.__file__)
)
# Parts of the standard library that run tests: none of the suite's frames may be there while
# such a test waits.
_RUN_TESTS = tuple(_STDLIB + name for name in ("unittest", "asyncio", "doctest"))


class TimeLimit:
    """Listens for the supervisor's signal."""

    def __init__(self, journal, log, boundaries=()):
        self._journal = journal
        self._log = log  # a descriptor for what was logged so far
        self._boundaries = {CallInfo.from_call.__func__.__code__, *boundaries}
        self._session = None
        self._raised = 0
        if hasattr(signal, "SIGRTMIN"):
            signal.signal(signal.SIGRTMIN + 8, self._on_signal)

    def watch(self, session):
        """The items of this session run from now on."""
        self._session = session

    def _on_signal(self, number, frame):
        __tracebackhide__ = True
        journal = self._journal
        start, text = journal.limit()
        if journal.copied or start != journal.started or start == self._raised:
            return
        if self._is_debugged():
            journal.debugged(start)
            return
        self._keep_log()
        if not self._is_in_test(frame):
            return  # the supervisor asks again
        self._raised = start
        journal.limit_raised(start)
        self._add_tasks()
        pytest.fail(text)

    def _is_in_test(self, frame):
        """Whether an exception that is raised here ends up in the report of a test."""
        found = False
        while frame is not None:
            code = frame.f_code
            if code in self._boundaries:
                return found
            found = found or _is_of_suite(code.co_filename)
            frame = frame.f_back
        return False

    def _is_debugged(self):
        session = self._session
        if session is None:
            return False
        return not debugger_detection_is_off(session.config, self._item()) and debugger_attached()

    def _item(self):
        items = self._session.items if self._session else ()
        index = self._journal.item
        return items[index] if index < len(items) else None

    def _add_tasks(self):
        """Says where tasks of asyncio wait: the traceback of such a test ends in the loop."""
        asyncio = sys.modules.get("asyncio")
        item = self._item()
        loop = asyncio and item and asyncio._get_running_loop()
        if not loop:
            return
        text = io.StringIO()
        for task in asyncio.all_tasks(loop):
            task.print_stack(file=text)
        item.add_report_section(
            _WHEN.get(self._journal.phase, "call"), "asyncio tasks", text.getvalue()
        )

    def _keep_log(self):
        """What was logged would be lost with the process."""
        if self._session is None or self._log is None:
            return
        plugin = self._session.config.pluginmanager.getplugin("logging-plugin")
        stream = getattr(getattr(plugin, "report_handler", None), "stream", None)
        try:
            text = stream.getvalue().encode("utf-8", "backslashreplace")
            os.ftruncate(self._log, 0)
            os.pwrite(self._log, text, 0)
        except (AttributeError, OSError, ValueError):
            pass


def _is_of_suite(path):
    if path.startswith(_RUNNERS):
        return False
    if path.startswith(_STDLIB) and "-packages" not in path[len(_STDLIB) :]:
        return path.startswith(_RUN_TESTS)
    return not path.startswith("<frozen")
