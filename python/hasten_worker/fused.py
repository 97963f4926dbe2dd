"""pytest's protocol for an item that passes in silence, without the calls that would do nothing.

A phase is pytest's own code in pytest's own order: what is left out are implementations of hooks
that have no effect on this item, and reports that nobody would see. As soon as a phase turns out
to be anything but silent, pytest's hooks are called to end it, with the body of the phase as
already done: so whatever is shown of it was made by pytest. docs/design/fused-protocol.md says
what is left out, and why that is equal.
"""

import logging
import os
import sys
from io import StringIO

import pytest
from _pytest import assertion, runner, skipping, threadexception, timing, tmpdir, warnings
from _pytest import logging as pytest_logging
from _pytest import unraisableexception as unraisable

from hasten_worker import journal as words
from hasten_worker.fused_ending import Ending
from hasten_worker.fused_facts import Facts, Unproved, prove_session

_VARIABLE = "PYTEST_CURRENT_TEST"
_RECORDS = pytest_logging.caplog_records_key
_HANDLER = pytest_logging.caplog_handler_key
_XFAILED = skipping.xfailed_key
_RESULTS = tmpdir.tmppath_result_key
# Since pytest 9.2 loggers that do not propagate are given the handlers, too.
_ATTACHES = "attached_loggers" in getattr(pytest_logging.catching_logs, "__slots__", ())
_seek = os.lseek


def prepare(session, loop, journal, reports):
    """Returns ``(path, reason)``: the fused path, or None and why no item may take it."""
    try:
        if reports.full:
            raise Unproved("somebody listens to reports of passed tests")
        prove_session(session)
        return Fused(session, loop, journal, reports), None
    except Unproved as reason:
        return None, str(reason)


class Fused:
    """Runs items, one at a time."""

    def __init__(self, session, loop, journal, reports):
        config = session.config
        manager = config.pluginmanager
        plugin = manager.getplugin("logging-plugin")
        self._config = config
        self._session = session
        self._loop = loop
        self._journal = journal
        self._reports = reports
        self._facts = Facts(session)
        self._caplog = plugin.caplog_handler
        self._log = plugin.report_handler
        self._manager = manager.getplugin("capturemanager")
        self._files = self._manager._global_capturing
        self._unraisable = config.stash[unraisable.unraisable_exceptions]
        self._threads = config.stash[threadexception.thread_exceptions]
        self._ending = Ending(session, self._facts, (self._caplog, self._log))
        manager.register(self._ending)
        self._outputs = [part for part in (self._files.out, self._files.err) if part is not None]
        self.taken = 0  # items that took this path

    @property
    def refused(self):
        """How many items took pytest's own path, by reason."""
        return self._facts.refused

    def run(self, item):
        """Runs an item; returns whether it did."""
        if not self._facts.allow(item):
            return False
        self.taken += 1
        with warnings.catch_warnings_for_item(
            config=self._config, ihook=item.ihook, when="runtest", item=item
        ):
            around = assertion.pytest_runtest_protocol(item)
            next(around)
            try:
                self._run(item)
            finally:
                around.close()
        return True

    def _run(self, item):
        journal = self._journal
        state = self._session._setupstate
        if not item._request:
            item._initrequest()
        try:
            journal.start_phase(words.SETUP)
            silent = self._phase(item, "setup", state.setup, item)
            if silent:
                journal.start_phase(words.CALL)
                silent = self._phase(item, "call", item.runtest)
            elif self._report.passed:
                journal.start_phase(words.CALL)
                runner.call_and_report(item, "call")
            following = self._loop.next_item()
            journal.start_phase(words.TEARDOWN)
            if silent:
                self._phase(item, "teardown", state.teardown_exact, following)
            else:
                runner.call_and_report(item, "teardown", nextitem=following)
        finally:
            item._request = False
            item.funcargs = None

    def _phase(self, item, when, body, *arguments):
        """Runs a phase; returns whether it passed in silence, else its report is the last one."""
        facts = self._facts
        if (
            not facts.still_hold(item)
            or self._manager._capture_fixture
            or (when == "call" and not facts.before_call(item))
        ):
            return self._ask_pytest(item, when, arguments)
        begun = timing.time(), timing.perf_counter()
        storage = item.stash._storage
        caplog, log = self._caplog, self._log
        error = None
        started = False
        loggers = ()
        try:
            if when == "setup":
                storage[_RECORDS] = {}
            loggers = self._add_handlers()
            caplog.records, caplog.stream = [], StringIO()
            log.records, log.stream = [], StringIO()
            storage[_RECORDS][when] = caplog.records
            storage[_HANDLER] = caplog
            self._files.resume_capturing()
            if when != "teardown":
                storage[_XFAILED] = None
            os.environ[_VARIABLE] = f"{item.nodeid} ({when})".replace("\x00", "(null)")
            if when == "call":
                _forget_last_error()
            marks = [(item, item.own_markers[:]), *facts.chain]
            started = True
            try:
                body(*arguments)
            except BaseException as caught:
                error = caught
            if error is not None or self._is_loud(item, marks) or not self._left(when):
                ask = self._ending.end
                self._report = ask(item, when, _keywords(when, arguments), error, begun, marks)
                return False
        except (Exception, pytest.exit.Exception):
            if started:
                raise
        finally:
            error = None
            for logger in loggers:
                logger.removeHandler(log)
                logger.removeHandler(caplog)
        if not started:
            return self._ask_pytest(item, when, arguments)
        if when == "teardown":
            del storage[_RECORDS], storage[_HANDLER]
        duration = timing.perf_counter() - begun[1]
        storage.setdefault(_RESULTS, {})[when] = True
        self._reports.passed(item, when, begun[0], duration)
        return True

    def _ask_pytest(self, item, when, arguments):
        self._report = runner.call_and_report(item, when, **_keywords(when, arguments))
        return False

    def _is_loud(self, item, marks):
        """Whether anything happened that pytest's implementations have to look at."""
        return (
            self._log.records
            or self._log.stream.tell()
            or self._manager._capture_fixture
            or self._unraisable
            or self._threads
            or item._report_sections
            or item.user_properties
            or item.own_markers != marks[0][1]
            or self._wrote()
            or not self._facts.still_hold(item)
        )

    def _left(self, when):
        """Leaves a phase; returns False where pytest would fail to."""
        if when == "teardown" and _VARIABLE not in os.environ:
            return False
        try:
            self._files.suspend_capturing()
        except OSError:
            return False
        if when == "teardown":
            os.environ.pop(_VARIABLE)
        return True

    def _add_handlers(self):
        root = logging.getLogger()
        loggers = [root]
        if _ATTACHES:
            loggers += [
                logger
                for logger in root.manager.loggerDict.values()
                if isinstance(logger, logging.Logger)
                and not logger.propagate
                and logger is not root
            ]
        for logger in loggers:
            logger.addHandler(self._caplog)
            logger.addHandler(self._log)
        return loggers

    def _wrote(self):
        """Whether something reached the files of pytest's capture."""
        for part in self._outputs:
            try:
                number = part.tmpfile.fileno()
                if _seek(number, 0, 1) or _seek(number, 0, 2):
                    return True
            except (OSError, ValueError):  # a test has closed it
                return True
        return False


def _keywords(when, arguments):
    return {"nextitem": arguments[0]} if when == "teardown" else {}


def _forget_last_error():
    try:
        del sys.last_type
        del sys.last_value
        del sys.last_traceback
        if sys.version_info >= (3, 12, 0):
            del sys.last_exc
    except AttributeError:
        pass
