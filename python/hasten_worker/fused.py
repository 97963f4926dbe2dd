"""pytest's protocol for an item that passes in silence, without the calls that would do nothing.

A phase is pytest's own code in pytest's own order: what is left out are implementations of hooks
that have no effect on this item, and reports that nobody would see. As soon as a phase turns out
to be anything but silent, pytest's hooks are called to end it, with the body of the phase as
already done: so whatever is shown of it was made by pytest. docs/design/fused-protocol.md says
what is left out, and why that is equal.
"""

import sys

import pytest
from _pytest import logging, runner, skipping, threadexception, timing, tmpdir
from _pytest import unraisableexception as unraisable

from hasten_worker import journal as words
from hasten_worker.fused_ending import Ending
from hasten_worker.fused_facts import Facts, Unproved, prove_session
from hasten_worker.fused_parts import Comparisons, CurrentTest, Files, Handlers, Warnings

_RECORDS = logging.caplog_records_key
_HANDLER = logging.caplog_handler_key
_XFAILED = skipping.xfailed_key
_RESULTS = tmpdir.tmppath_result_key


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
        self._session = session
        self._loop = loop
        self._journal = journal
        self._reports = reports
        self._facts = Facts(session)
        self._warnings = Warnings(config)
        self._comparisons = Comparisons(config)
        self._handlers = Handlers(manager.getplugin("logging-plugin"))
        self._capture = manager.getplugin("capturemanager")
        self._files = Files(self._capture._global_capturing)
        self._current = CurrentTest()
        self._unraisable = config.stash[unraisable.unraisable_exceptions]
        self._threads = config.stash[threadexception.thread_exceptions]
        cache = manager.getplugin("lfplugin")
        self._last_failed = getattr(cache, "lastfailed", {})
        self._ending = Ending(session, self._facts, self._handlers)
        self._report = None
        self.taken = 0  # items that took this path
        manager.register(self._ending)

    @property
    def refused(self):
        """How many items took pytest's own path, by reason."""
        return self._facts.refused

    def run(self, item):
        """Runs an item; returns whether it did."""
        if not self._facts.allow(item):
            return False
        self.taken += 1
        recording = self._warnings.enter(item, self._facts.has_filters)
        try:
            self._comparisons.enter(item)
            try:
                self._run(item)
            finally:
                self._comparisons.leave()
        finally:
            self._warnings.leave(item, recording)
        return True

    def _run(self, item):
        journal = self._journal
        state = self._session._setupstate
        if not item._request:
            item._initrequest()
        self._current.enter(item)
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
        """Runs a phase; returns whether it passed in silence."""
        if when == "call" and not self._facts.before_call(item):
            return self._ask_pytest(item, when, arguments)
        begun = timing.time(), timing.perf_counter()
        handlers = self._handlers
        storage = item.stash._storage
        error = None
        started = False
        try:
            if when == "setup":
                storage[_RECORDS] = {}
            storage[_RECORDS][when] = handlers.install()
            storage[_HANDLER] = handlers.caplog
            self._files.resume()
            if when != "teardown":
                storage[_XFAILED] = None
            self._current.set(when)
            if when == "call":
                _forget_last_error()
            marks = item.own_markers[:]
            started = True
            try:
                body(*arguments)
            except BaseException as caught:
                error = caught
            if (
                error is not None
                or handlers.heard()
                or self._capture._capture_fixture
                or self._unraisable
                or self._threads
                or item._report_sections
                or item.user_properties
                or item.own_markers != marks
                or not self._files.are_empty()
                or not self._facts.still_hold(item)
                or not self._left(when)
            ):
                handlers.soil()
                marks = [(item, marks), *self._facts.chain]
                ask = self._ending.end
                self._report = ask(item, when, _keywords(when, arguments), error, begun, marks)
                return False
        except (Exception, pytest.exit.Exception):
            if started:
                raise
        finally:
            error = None
            handlers.remove()
        if not started:
            return self._ask_pytest(item, when, arguments)
        if when == "teardown":
            del storage[_RECORDS], storage[_HANDLER]
        duration = timing.perf_counter() - begun[1]
        storage.setdefault(_RESULTS, {})[when] = True
        if when == "call" and self._last_failed:
            self._last_failed.pop(_key(item), None)
        self._reports.passed(item, when, begun[0], duration, self._facts.keywords)
        return True

    def _ask_pytest(self, item, when, arguments):
        self._report = runner.call_and_report(item, when, **_keywords(when, arguments))
        return False

    def _left(self, when):
        """Leaves a phase; returns False where pytest would fail to."""
        try:
            self._files.suspend()
        except OSError:
            return False
        return when != "teardown" or self._current.forget()


def _key(item):
    """Returns how pytest's cache plugin calls an item."""
    return item.id if hasattr(item, "id") else item.nodeid


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
