"""Runs items, one after another, as the supervisor names them."""

import os
import struct
from collections import deque

import pytest
from _pytest import runner

from hasten_worker.fused.protocol import Fused
from hasten_worker.inspection.hooks import hook_wrapper, module_of
from hasten_worker.inspection.reasons import Reason, plugin_of
from hasten_worker.messages import journal as words
from hasten_worker.messages import wire
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.running.attempts import AGAIN, INDEX, Attempts
from hasten_worker.running.debugging import give_terminal_back
from hasten_worker.running.leftovers import Leftovers
from hasten_worker.running.registration import register
from hasten_worker.running.usage import PhaseUsage

# The exit status of a worker whose channel a test has closed: the rest is in its journal.
CUT_OFF = 213


class ItemLoop:
    """The queue of a worker, and the loop that empties it."""

    def __init__(
        self, session, channel, journal, reports, usage, on_stop, is_fit, why_not_fused, once
    ):
        self._session = session
        self._items = session.items
        self._channel = channel
        self._journal = journal
        self._reports = reports
        self.usage = usage
        self.leftovers = Leftovers(session, journal)
        self._on_stop = on_stop
        self._is_fit = is_fit  # whether pytest's capture still has its files
        self._queue = deque()  # of items as RUN names them
        self._claimed = False  # the first of them cannot be taken back any more
        self._attempts = Attempts(session)
        self._once = once  # fixtures that are set up once for the whole run, if there are any
        self._runs = 0  # RUN frames received
        self._last = False  # nothing follows what is in the queue
        self._finished = False  # nothing follows any more
        self.leaves = False  # other processes go on with the session
        self._ended = False  # pytest wants no further item
        self._early = _who_asks_early(session.config)
        self._lazy = self._early is None
        self.fused = None
        self.why_not_fused = why_not_fused

    def run(self):
        """Runs items until the supervisor ends the session."""
        if self._lazy:
            register(self._session, LazyProtocol(self, self._session))
            if self._reports.full:
                self.why_not_fused = Reason("reports")
            if self.why_not_fused is None:
                self.fused = Fused(self._session, self, self._journal, self._reports, self.usage)
        else:
            self.why_not_fused = self._early
            register(self._session, PhaseWords(self._journal, self.leftovers))
            register(self._session, PhaseUsage(self.usage))
        while True:
            word = self._next_word()
            if word is None:
                break
            self._run_one(word)
        self._rest()
        self._journal.set_item(NO_ITEM)
        self._journal.start_phase(words.ENDING)
        if self._once is not None:
            self._once.finish()

    def end(self, leaves):
        """Nothing follows the item that runs; with ``leaves`` others go on with the session."""
        self._queue.clear()
        self._last = self._finished = self._ended = True
        self.leaves = leaves

    def next_item(self):
        """Returns the item that follows the running one, as late as it has to be known."""
        if self._journal.copied:
            # A child that came back from the test. Fixtures are the worker's to tear down.
            os._exit(1)
        session = self._session
        if session.shouldfail or session.shouldstop or self._journal.stop_asked:
            return None
        if not self._has_item() and not self._last and not self._journal.cut_off:
            # Time that is spent waiting belongs to no phase.
            self._journal.start_phase(words.NONE)
            try:
                self._wait()
            except wire.Closed:
                self._journal.cut_off = True
            self.usage.begin()
            if self._journal.stop_asked:
                return None
        if self._has_item():
            return self._items[self._queue[0] & INDEX]
        return None

    def paths(self):
        """Returns how many items took the fused path, and why the others did not."""
        why = self.why_not_fused
        found = {"why": why and why.message(), "taken": 0, "refused": []}
        if self.fused is not None:
            found["taken"] = self.fused.taken
            refused = self.fused.refused.items()
            found["refused"] = [{"items": number, **why.message()} for why, number in refused]
        return found

    def _has_item(self):
        """Whether there is an item that nobody else gets."""
        if self._queue and not self._claimed:
            self._claimed = self._journal.claim()
            if not self._claimed:
                # Others have them; whether anything follows is to be asked again.
                self._queue.clear()
                self._last = self._finished
        return bool(self._queue)

    def _next_word(self):
        while True:
            if self._journal.cut_off:
                os._exit(CUT_OFF)
            told = self._journal.told
            if told & words.HAS_TERMINAL:
                self._give_terminal_back()
            if self._ended or told & words.STOP:
                self._queue.clear()
                self._last = True
            if self._has_item():
                self._claimed = False
                return self._queue.popleft()
            if self._finished:
                return None
            try:
                self._wait()
            except wire.Closed:
                os._exit(CUT_OFF)

    def _give_terminal_back(self):
        try:
            give_terminal_back(self._channel)
        except wire.Closed:
            os._exit(CUT_OFF)

    def _run_one(self, word):
        index = word & INDEX
        item = self._items[index]
        following = None
        if not self._lazy:
            following = self.next_item()
            if self._journal.stop_asked:
                return
        if not self._queue:
            # Long items come alone: what went before must not wait until one is over.
            self._journal.flush()
        self._journal.start_item(index)
        self._reports.begin(index)
        if self._once is not None:
            self._once.begin_item(index, word & AGAIN)
        if word == index:
            self._run_item(item, following)
        else:
            with self._attempts.attempt(item, word):
                self._run_item(item, following, word & AGAIN)
        if self._journal.copied:
            os._exit(1)
        self.leftovers.look(item)
        failed = self._reports.finish()
        self._journal.set_item(NO_ITEM)
        if failed and not self._is_fit():
            self._journal.cut_off = True
        session = self._session
        if not self._ended and (session.shouldfail or session.shouldstop):
            self._ended = True
            self._journal.flush()
            kind = "shouldfail" if session.shouldfail else "shouldstop"
            self._on_stop(kind, str(session.shouldfail or session.shouldstop))

    def _run_item(self, item, following, again=False):
        if again or self.fused is None or not self.fused.run(item):
            self._rest()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def _rest(self):
        if self.fused is not None:
            self.fused.rest()

    def _wait(self):
        """Takes one message, after saying that nothing is left to do."""
        self._rest()
        self._journal.flush()
        frame = self._channel.receive_now()
        if frame is None:
            # The number tells the supervisor whether a RUN crossed this on its way.
            self._channel.send(wire.WANT, struct.pack("<I", self._runs))
            frame = self._channel.receive()
        kind, payload = frame
        if kind == wire.RUN:
            self._runs += 1
            self._last = payload[0] != 0
            self._queue.extend(struct.unpack(f"<{(len(payload) - 1) // 4}I", payload[1:]))
        elif kind == wire.FINISH:
            self._finished = True
            self._last = True
        elif kind == wire.ONCE_END:
            if self._once is not None:
                self._once.end(payload.decode())
            self._channel.send(wire.ONCE_ENDED, payload)
        elif kind == wire.LEAVE:
            self._finished = True
            self._last = True
            self.leaves = True
        elif kind == wire.EXIT:
            os._exit(0)


class LazyProtocol:
    """pytest's protocol for an item, with the next item looked up just before the teardown.

    Wrappers of ``pytest_runtest_protocol`` are around it as they are around pytest's own. What
    it does is what ``_pytest.runner`` does, apart from options that never come to a worker
    (``--setup-only``, ``--setup-show``).
    """

    def __init__(self, loop, session):
        self._loop = loop
        self._journal = loop._journal
        self._usage = loop.usage
        self._session = session
        self._call_and_report = runner.call_and_report
        config = session.config
        self._tell_start = _is_listened_to(config, "pytest_runtest_logstart")
        self._tell_finish = _is_listened_to(config, "pytest_runtest_logfinish")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        ihook = item.ihook
        if self._tell_start:
            ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._run(item)
        if self._tell_finish:
            ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call):
        self._usage.end(call.when)

    def _run(self, item):
        journal, begin = self._journal, self._usage.begin
        report_phase = self._call_and_report
        has_request = hasattr(item, "_request")
        if has_request and not item._request:
            item._initrequest()
        try:
            journal.start_phase(words.SETUP)
            begin()
            if report_phase(item, "setup").passed:
                self._loop.leftovers.look(item)
                journal.start_phase(words.CALL)
                begin()
                report_phase(item, "call")
            following = self._loop.next_item()
            journal.start_phase(words.TEARDOWN)
            begin()
            report_phase(item, "teardown", nextitem=following)
        finally:
            if has_request:
                item._request = False
                item.funcargs = None


class PhaseWords:
    """Notes the phases where a plugin has a protocol of its own."""

    def __init__(self, journal, leftovers=None):
        self._journal = journal
        self._leftovers = leftovers

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_setup(self):
        self._journal.start_phase(words.SETUP)
        return (yield)

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_call(self, item):
        if self._leftovers is not None:
            self._leftovers.look(item)
        self._journal.start_phase(words.CALL)
        return (yield)

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_teardown(self):
        self._journal.start_phase(words.TEARDOWN)
        return (yield)


def _who_asks_early(config):
    """Says who runs items beside pytest, or asks for the next one before its teardown."""
    for implementation in config.hook.pytest_runtest_protocol.get_hookimpls():
        module = module_of(implementation)
        if module.startswith("_pytest."):
            continue
        wraps = implementation.hookwrapper or getattr(implementation, "wrapper", False)
        if not wraps or "nextitem" in implementation.argnames:
            plugin = plugin_of(config, implementation)
            return Reason("protocol", hooks=("pytest_runtest_protocol",), plugin=plugin)
    return None


def _is_listened_to(config, name):
    """Whether a hook does anything: pytest's logging plugin is idle without live logging."""
    for implementation in getattr(config.hook, name).get_hookimpls():
        if module_of(implementation) != "_pytest.logging":
            return True
        handler = getattr(implementation.plugin, "log_cli_handler", None)
        if type(handler).__name__ != "_LiveLoggingNullHandler":
            return True
    return False
