"""A test that failed is kept as it is (``--hold-failed``), until somebody has looked at it.

The process stays in the hook that pytest calls after a failure: the frames of the test are there,
and its fixtures are set up. Others run the tests that are left. ``hasten attach`` comes through a
socket that the supervisor has made; when it lets go, the process tears down and ends its session
as a worker does.
"""

import os
import signal
import time
import warnings
from contextlib import suppress

import pytest
from _pytest import timing
from _pytest.runner import CallInfo

from hasten_worker.messages import wire
from hasten_worker.messages.asking import ask
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.processes.signals import set_handler
from hasten_worker.running import post_mortem
from hasten_worker.running.debugging import give_back_what_is_lent
from hasten_worker.running.visits import Visits

_LONGEST_MESSAGE = 200


class Hold:
    """Asks at each failure whether the process is to be kept, and keeps it."""

    def __init__(self, session, channel, journal, reports, loop, streams, debuggers):
        self._config = session.config
        self._channel = channel
        self._journal = journal
        self._reports = reports
        self._loop = loop
        self._streams = streams
        self._debuggers = debuggers
        self._granted = None  # the supervisor's answer
        self._kept = False
        # Bound here: a plugin that freezes time replaces functions in modules.
        self._now = time.monotonic

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self, node, call, report):
        # Of a failed subtest the rest of its test has to run.
        if not isinstance(node, pytest.Item) or hasattr(report, "context"):
            return
        if self.may_keep():
            self._keep(node, call.excinfo, report)

    def may_keep(self):
        """Whether the process is to be kept; asks the supervisor, once for each failure."""
        journal = self._journal
        if self._granted is not None or journal.copied or journal.cut_off:
            return self._granted is not None
        journal.flush()
        answer = ask(self._channel, journal, wire.ASK_HOLD, wire.HOLD)
        if answer is not None and answer["granted"]:
            self._granted = answer
        return self._granted is not None

    def give_up(self):
        """Says that the process is not kept, where it was to be."""
        if self._granted is not None and not self._kept:
            self._granted = None
            (listener,) = self._channel.take_descriptors(1)
            os.close(listener)
            self._channel.send_json(wire.HELD, {"held": False})

    def _keep(self, item, excinfo, report):
        granted, self._kept = self._granted, True
        visits = Visits(*self._channel.take_descriptors(1))
        until = self._now() + granted["seconds"]
        # From now on Ctrl-C in the run is not for this process.
        before = set_handler(signal.SIGINT, signal.SIG_IGN)
        self._part(item, excinfo, report)
        visit = self._wait(visits, until, excinfo, report)
        visits.close()
        # What ends a session may take away what tests of other workers need.
        if visit is not None:
            waits = not self._channel.is_closed()
            visit.say(state="released", waits=waits)
            if waits:
                visit.close()
                visit = None
        self._channel.is_closed(wait=True)
        set_handler(signal.SIGINT, before)
        self._loop.end(granted["leaves"])
        if visit is not None:
            self._config.pluginmanager.register(post_mortem.Failures(self._config, visit))

    def _part(self, item, excinfo, report):
        """Leaves the run: its test is finished, and nothing is said of it any more."""
        if report.when != "teardown":
            # Who listens to reports takes what tests have recorded from the last one.
            self._reports.add(_torn_down(item))
        for message in _recorded_warnings(item):
            self._reports.add_warning(message, "runtest", item.nodeid, None)
        self._reports.finish()
        self._journal.set_item(NO_ITEM)
        self._journal.flush()
        with suppress(wire.Closed):
            give_back_what_is_lent(self._channel, self._journal)
        message = {"held": True, "phase": report.when, "message": _first_line(excinfo)}
        self._channel.send_json(wire.HELD, message)
        self._channel.fall_silent()
        for plugin in self._debuggers:  # they ask the run for its terminal
            self._config.pluginmanager.unregister(plugin)
        self._streams.let_go()

    def _wait(self, visits, until, excinfo, report):
        """Serves who comes; returns who has released the process, or None when its time is over."""
        while True:
            left = until - self._now()
            if left <= 0:
                return None
            visit = None
            try:
                visit = visits.next(left)
                if visit is None:
                    continue
                if visit.releases or post_mortem.debug(self._config, excinfo, report, visit):
                    return visit
            except BaseException:  # a timer of the suite's raises in whatever runs
                pass
            if visit is not None:
                visit.say(state="held", seconds=max(until - self._now(), 0.0))
                visit.close()


def _torn_down(item):
    """Returns the report of a teardown that is still to come, as if it had passed."""
    now = timing.time()
    call = CallInfo(None, None, now, now, 0.0, "teardown", _ispytest=True)
    return pytest.TestReport.from_item_and_call(item, call)


def _recorded_warnings(item):
    """Returns what pytest would report when the test is over."""
    record = getattr(getattr(warnings, "_showwarnmsg_impl", None), "__self__", None)
    for value in (getattr(item, "funcargs", None) or {}).values():
        if isinstance(value, pytest.WarningsRecorder) and value.list is record:
            # The fixture `recwarn` records for itself, and knows who did before.
            record = getattr(getattr(value, "_showwarnmsg_impl", None), "__self__", None)
    return record if isinstance(record, list) else []


def _first_line(excinfo):
    try:
        text = excinfo.exconly(tryshort=True)
    except Exception:
        text = excinfo.typename
    return (text.splitlines() or [""])[0][:_LONGEST_MESSAGE]
