"""pytest's protocol for an item that passes in silence, without the calls that would do nothing.

A phase is pytest's own code in pytest's own order: what is left out are implementations of hooks
that have no effect on this item, and reports that nobody would see. As soon as a phase turns out
to be anything but silent, pytest's hooks are called to end it, with the body of the phase as
already done: so whatever is shown of it was made by pytest. docs/design/fused-protocol.md says
what is left out, and why that is equal.
"""

import sys

import pytest
from _pytest import logging, runner, skipping, timing, tmpdir

from hasten_worker.fused.bare import Bare
from hasten_worker.fused.ending import Ending
from hasten_worker.fused.facts import Facts
from hasten_worker.fused.parts import Comparisons, CurrentTest, Files, Handlers, Warnings
from hasten_worker.fused.proofs import Unproved, prove_session
from hasten_worker.fused.strays import strays_of
from hasten_worker.messages import journal as words

_RECORDS = logging.caplog_records_key
_HANDLER = logging.caplog_handler_key
_XFAILED = skipping.xfailed_key
_RESULTS = getattr(tmpdir, "tmppath_result_key", None)  # since pytest 7.3


def why_not(session):
    """Returns why no item of a session may take the fused path, or None.

    Asked before the workers are forked, so that it is proved once for all of them.
    """
    try:
        prove_session(session)
    except Unproved as doubt:
        return doubt.reason
    return None


class Fused:
    """Runs items, one at a time."""

    def __init__(self, session, loop, journal, reports, usage):
        config = session.config
        manager = config.pluginmanager
        self._session = session
        self._loop = loop
        self._journal = journal
        self._reports = reports
        self._usage = usage
        self._bare = Bare(session)
        self._facts = Facts(session, self._bare.forget)
        self._warnings = Warnings(config)
        self._comparisons = Comparisons(config)
        self._handlers = Handlers(manager.getplugin("logging-plugin"))
        self._capture = manager.getplugin("capturemanager")
        self._files = Files(self._capture._global_capturing)
        self._current = CurrentTest()
        self._strays = strays_of(config)
        cache = manager.getplugin("lfplugin")
        self._last_failed = getattr(cache, "lastfailed", {})
        self._ending = Ending(session, self._facts, self._handlers, self._strays)
        self._report = None
        # Between two phases, and between two items while there are some, the capture stays as it
        # is in a phase, and so do the handlers: nothing that could notice it runs there.
        self._lingers = False
        self._named = False  # PYTEST_CURRENT_TEST is still that of the item before
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

    def rest(self):
        """Leaves everything as it is between two items, for somebody who might look."""
        if self._lingers:
            self._park()
        if self._named:
            self._named = False
            self._current.forget()

    def _run(self, item):
        journal = self._journal
        state = self._session._setupstate
        if not item._request:
            item._initrequest()
        self._current.enter(item)
        bare = self._bare.setup_of(item, self._facts.chain)
        silent = True
        ended = False
        try:
            if bare:
                self._bare_phase(item, "setup", state.setup, item)
            else:
                journal.start_phase(words.SETUP)
                self._usage.begin()
                silent = self._phase(item, "setup", state.setup, item)
            if silent:
                if bare:
                    self._usage.begin()
                else:
                    self._loop.leftovers.look(item)
                journal.start_phase(words.CALL)
                silent = self._phase(item, "call", self._bare.call, item)
            elif self._report.passed:
                self._loop.leftovers.look(item)
                journal.start_phase(words.CALL)
                self._usage.begin()
                runner.call_and_report(item, "call")
            following = self._loop.next_item()
            if bare and silent and self._bare.teardown_of(item, following):
                self._bare_phase(item, "teardown", state.teardown_exact, following)
                ended = self._named = True
                return
            journal.start_phase(words.TEARDOWN)
            if silent:
                self._phase(item, "teardown", state.teardown_exact, following)
            else:
                self._usage.begin()
                runner.call_and_report(item, "teardown", nextitem=following)
        finally:
            if not ended:
                self.rest()
            item._request = False
            item.funcargs = None

    def _bare_phase(self, item, when, body, argument):
        """Runs a phase in which nothing of the user's runs: it passes in silence."""
        start, ticks = timing.time(), timing.perf_counter()
        storage = item.stash._storage
        if when == "setup":
            storage[_RECORDS] = {when: []}
            storage[_HANDLER] = self._handlers.caplog
            storage[_XFAILED] = None
            storage[_RESULTS] = {when: True}
        else:
            del storage[_RECORDS], storage[_HANDLER]
            storage[_RESULTS][when] = True
        body(argument)
        duration = timing.perf_counter() - ticks
        self._usage.processor[when] = duration  # nobody waits here
        self._reports.passed(item, when, start, duration, self._facts.keywords)

    def _phase(self, item, when, body, argument):
        """Runs a phase; returns whether it passed in silence."""
        if when == "call" and not self._facts.before_call(item):
            return self._ask_pytest(item, when, argument)
        start, ticks = timing.time(), timing.perf_counter()
        handlers, strays = self._handlers, self._strays
        storage = item.stash._storage
        error = None
        started = False
        try:
            self._enter(item, when, storage)
            marks = item.own_markers[:]
            started = True
            try:
                error = body(argument)
            except BaseException as caught:
                error = caught
            if (
                error is not None
                or handlers.heard()
                or self._capture._capture_fixture
                or strays.heard()
                or item._report_sections
                or item.user_properties
                or item.own_markers != marks
                or not self._files.are_empty()
                or not self._facts.still_hold(item)
                or not self._left(when)
            ):
                strays.leave()
                handlers.soil()
                marks = [(item, marks), *self._facts.chain]
                ask = self._ending.end
                keywords = _keywords(when, argument)
                self._report = ask(item, when, keywords, error, (start, ticks), marks)
                return False
        except (Exception, pytest.exit.Exception):
            if started:
                raise
        finally:
            error = None
            strays.leave()
            if not self._lingers:
                handlers.remove()
        if not started:
            return self._ask_pytest(item, when, argument)
        if when == "teardown":
            del storage[_RECORDS], storage[_HANDLER]
        duration = timing.perf_counter() - ticks
        self._usage.end(when)
        results = storage.get(_RESULTS)
        if results is None:
            storage[_RESULTS] = {when: True}
        else:
            results[when] = True
        if self._last_failed and when == "call":
            self._last_failed.pop(_key(item), None)
        self._reports.passed(item, when, start, duration, self._facts.keywords)
        return True

    def _enter(self, item, when, storage):
        """What pytest's implementations do before the body of a phase."""
        handlers = self._handlers
        self._strays.enter()
        if when == "setup":
            storage[_RECORDS] = {}
        self._named = False
        if self._lingers:
            self._lingers = False
            storage[_RECORDS][when] = handlers.install_again()
            self._files.resume_again()
        else:
            storage[_RECORDS][when] = handlers.install()
            self._files.resume()
        storage[_HANDLER] = handlers.caplog
        if when != "teardown":
            storage[_XFAILED] = None
        self._current.set(when)
        if when == "call" and hasattr(sys, "last_type"):
            _forget_last_error()

    def _left(self, when):
        """Leaves a phase; returns False where pytest would fail to."""
        if when != "teardown":
            self._lingers = True  # until the next phase: nobody can see it
            return True
        try:
            self._files.suspend()
        except OSError:
            return False
        return self._current.forget()

    def _park(self):
        """Leaves the phase that was left only in part."""
        self._lingers = False
        self._handlers.remove()
        try:
            self._files.suspend()
        except OSError:  # a test has closed what pytest keeps: it fails in the next phase
            pass

    def _ask_pytest(self, item, when, argument):
        if self._lingers:
            self._park()
        self._report = runner.call_and_report(item, when, **_keywords(when, argument))
        return False


def _key(item):
    """Returns how pytest's cache plugin calls an item."""
    return item.id if hasattr(item, "id") else item.nodeid


def _keywords(when, argument):
    return {"nextitem": argument} if when == "teardown" else {}


def _forget_last_error():
    try:
        del sys.last_type
        del sys.last_value
        del sys.last_traceback
        if sys.version_info >= (3, 12, 0):
            del sys.last_exc
    except AttributeError:
        pass
