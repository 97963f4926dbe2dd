"""main, while it runs the tests itself: plain pytest, and a record of what happens."""

import time

import pytest

from hasten_worker.collection.collected import Collection
from hasten_worker.collection.times import TIMES
from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.messages import wire
from hasten_worker.messages.ending import Interruption
from hasten_worker.messages.journal import Journal
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.running.fixture_times import FixtureTimes
from hasten_worker.running.item_reports import ItemReports
from hasten_worker.running.items import PhaseWords
from hasten_worker.running.time_limit import TimeLimit
from hasten_worker.running.usage import PhaseUsage, Usage
from hasten_worker.terminal.controller import auto_workers, configured


class Recorder:
    """A plugin that changes nothing, and tells the supervisor what there was."""

    def __init__(self, channel, memory, notes, forecasts=False):
        self._forecasts = forecasts  # asks how many workers a run would have
        self._channel = channel
        self._notes = notes
        self._memory = memory
        self._config = None
        self._reports = None
        self._numbers = {}
        self._collection = Collection()
        self._started = time.perf_counter()

    def register(self, manager):
        """Makes pytest call us."""
        manager.register(self)
        manager.register(Interruption())

    @hook_wrapper(tryfirst=True)
    def pytest_collection(self, session):
        self._config = session.config
        config = session.config
        workers = auto_workers(config) if self._forecasts else None
        message = configured(config, False, auto_workers=workers)
        self._channel.send_json(wire.CONFIGURED, message)
        if message["durations"]:
            self._notes.ask()
        self._started = time.perf_counter()
        return (yield)

    @hook_wrapper(tryfirst=True)
    def pytest_runtestloop(self, session):
        seconds = time.perf_counter() - self._started
        message = self._collection.message(session, seconds)
        TIMES.stop()
        if session.config.pluginmanager.hasplugin("timeout"):
            # Its timers run here, as in plain pytest: a limit must not be reached twice.
            message["items"] = [(*item[:2], None, *item[3:]) for item in message["items"]]
        self._channel.send_json(wire.COLLECTED, message)
        self._numbers = {id(item): number for number, item in enumerate(session.items)}
        journal = self._journal = Journal.of_worker(self._channel, self._memory)
        if any(item[2] for item in message["items"]):
            session.config.pluginmanager.register(PhaseWords(journal))
            TimeLimit(journal, None).watch(session)
        usage = Usage()
        session.config.pluginmanager.register(PhaseUsage(usage))
        fixtures = FixtureTimes(journal, str(session.config.rootpath))
        fixtures.listen()
        self._reports = ItemReports(journal, session.config, False, usage, fixtures)
        try:
            return (yield)
        finally:
            self._reports.abandon()
            fixtures.tell(0.0)
            self._journal.flush()
            self._reports = None

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        reports = self._reports
        if reports is None:
            return (yield)
        index = self._numbers.get(id(item), NO_ITEM)
        reports.begin(index)
        self._journal.start_item(index)
        result = yield
        if reports.index != NO_ITEM:
            reports.finish()
        self._journal.set_item(NO_ITEM)
        return result

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report):
        if self._reports is not None and self._reports.index != NO_ITEM:
            self._reports.add(report)

    @pytest.hookimpl
    def pytest_deselected(self, items):
        self._collection.deselected += len(items)

    @pytest.hookimpl
    def pytest_collectreport(self, report):
        if not report.passed:
            self._collection.add_report(report, self._config)

    @pytest.hookimpl
    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        if self._reports is not None:
            self._reports.add_warning(warning_message, when, nodeid, location)
        else:
            self._collection.add_warning(warning_message, when, nodeid, location)
