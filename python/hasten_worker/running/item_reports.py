"""Reports of items, turned into records."""

from _pytest.reports import TestReport
from _pytest.runner import CallInfo

from hasten_worker.messages import journal as words
from hasten_worker.messages import records
from hasten_worker.messages.benchmarks import note_benchmarks, unsent
from hasten_worker.messages.junit import note_junit
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.messages.subtests import note_failed
from hasten_worker.messages.values import complete
from hasten_worker.messages.warning_records import to_message

_PHASES = ["setup", "call", "teardown"]


class ItemReports:
    """Packs what one item after another reports.

    Reports of phases that passed in silence are held back: if the whole item is like that, one
    small record says it all.
    """

    def __init__(self, journal, config, full_reports, usage, fixtures, extra=None):
        self._journal = journal
        self._usage = usage
        self._fixtures = fixtures
        self._config = config
        self.full = full_reports
        self._extra = extra or {}
        self._serialize = config.hook.pytest_report_to_serializable
        self._measured = unsent(config)
        self.index = NO_ITEM
        self._noted = []
        self._held = []
        self._durations = {}
        self._waits = {}  # of each phase: seconds in which another process did something for it
        self._outcome = 0

    def begin(self, index):
        """The reports that follow belong to this item."""
        self.index = index
        self._usage.begin_item()
        self._fixtures.begin_item(index)

    def passed(self, item, when, start, duration, parents):
        """Notes a phase that passed in silence: its report is made when somebody has to see it.

        ``parents`` are those of the item, each with the number of its keywords: who comes later
        is not in the report.
        """
        self._noted.append((item, when, start, duration, len(item.keywords._markers), parents))

    def add(self, report):
        """Packs or holds back a report."""
        if self._noted:
            self._make_noted()
        if (
            report.outcome == "passed"
            and not self.full
            and not report.sections
            and not report.user_properties
            and type(report) is TestReport
            and not hasattr(report, "wasxfail")
            and not self._measured
        ):
            self._held.append(report)
            return
        self._release()
        self._write(report)
        if report.outcome == "failed":
            self._journal.flush()

    def add_warning(self, warning_message, when, nodeid, location):
        """Packs a warning."""
        data = to_message(warning_message, when, nodeid, location)
        payload = records.encode(data)
        self._journal.append(records.pack(self.index, records.WARNING, payload=payload))

    def add_late(self, index, report):
        """Packs what was reported of an item after it had its final state, and sends it."""
        self.index = index
        data = self._to_wire(report)
        data.update(self._extra, item_index=index)
        self._journal.append(records.pack_report(index, report, data, records.LATE))
        self.index = NO_ITEM
        self._journal.flush()

    def waited(self, phase, seconds):
        """In this phase of the item the worker waited for another one: no work of the item's."""
        self._waits[phase] = self._waits.get(phase, 0.0) + seconds

    def finish(self):
        """The item is over: no report of it follows. Returns whether one of them failed."""
        noted = self._noted
        if len(noted) == 3 and not self._held and not self._durations:
            setup, call, teardown = noted
            durations = self._of_itself(setup[3], call[3], teardown[3])
            self._journal.append_head(
                self.index, records.PASSED, 0, 7, setup[2], *durations, *self._used(durations), 0
            )
            self._reset()
            return False
        if noted:
            self._make_noted()
        held = self._held
        if len(held) == 3 and not self._durations:
            setup, call, teardown = held
            if [setup.when, call.when, teardown.when] == _PHASES:
                durations = self._of_itself(setup.duration, call.duration, teardown.duration)
                start = records.start_of(setup)
                self._journal.append_head(
                    self.index, records.PASSED, 0, 7, start, *durations, *self._used(durations), 0
                )
                self._reset()
                return False
        self._release()
        durations = self._of_itself(*(self._durations.get(when, 0.0) for when in _PHASES))
        fields = self._outcome, 0, 0.0, *durations, *self._used(durations), 0
        self._journal.append_head(self.index, records.FINISHED, *fields)
        failed = self._outcome == records.OUTCOMES["failed"]
        self._reset()
        return failed

    def abandon(self):
        """The item was cut short: what it reported so far is packed.

        If that is a failure, the item has its verdict; a pass might have failed yet.
        """
        if self._outcome == records.OUTCOMES["failed"]:
            self.finish()
            return
        if self._noted:
            self._make_noted()
        self._release()
        self._reset()

    def _of_itself(self, *durations):
        """Returns the durations of the phases without what they have waited."""
        if not self._waits:
            return durations
        waits = (self._waits.get(phase, 0.0) for phase in (words.SETUP, words.CALL, words.TEARDOWN))
        return tuple(max(whole - wait, 0.0) for whole, wait in zip(durations, waits))

    def _used(self, durations):
        """Returns what the item used, as fields of a record."""
        usage, fixtures = self._usage, self._fixtures
        if usage.border >= fixtures.due:
            fixtures.tell(usage.border)
        processor = usage.processor
        peak = usage.peak_memory(sum(durations))
        return (processor["setup"], processor["call"], processor["teardown"], peak)

    def _make_noted(self):
        noted, self._noted = self._noted, []
        for each in noted:
            self._held.append(_report_of(*each))

    def _reset(self):
        self._noted = []
        self._held = []
        self._durations = {}
        self._waits = {}
        self._outcome = 0
        self.index = NO_ITEM

    def _release(self):
        for report in self._held:
            self._write(report)
        self._held = []

    def _write(self, report):
        when = report.when
        duration = getattr(report, "duration", 0.0)
        self._durations[when] = self._durations.get(when, 0.0) + duration
        outcome = records.OUTCOMES.get(report.outcome, 0)
        if outcome and self._outcome != 1:
            self._outcome = outcome
        data = self._to_wire(report)
        data.update(self._extra, item_index=self.index)
        note_failed(data, self._config, report)
        note_junit(data, self._config, report)
        note_benchmarks(data, self._config, report)
        self._journal.append(records.pack_report(self.index, report, data))

    def _to_wire(self, report):
        try:
            data = self._serialize(config=self._config, report=report)
            if data is not None:
                return complete(data, report)
        except Exception as error:
            reason = f"this report cannot be sent whole: {error!r}"
        else:
            reason = "no plugin knows how to send this report"
        try:
            text = str(report.longrepr) if report.longrepr is not None else None
        except Exception:
            text = "<unprintable longrepr>"
        return _bare(report, text if text is None else f"{text}\n{reason}")


def _report_of(item, when, start, duration, own, parents):
    """Returns the report that pytest would have made at the end of a silent phase."""
    call = CallInfo(None, None, start, start + duration, duration, when, _ispytest=True)
    now = item._report_sections, item.user_properties
    item._report_sections, item.user_properties = [], []
    try:
        report = TestReport.from_item_and_call(item, call)
    finally:
        item._report_sections, item.user_properties = now
    nodes = [(item, own), *parents]
    if any(len(node.keywords._markers) != number for node, number in nodes):
        names = {}
        for node, number in nodes:
            names.update(dict.fromkeys(list(node.keywords._markers)[:number], 1))
        report.keywords = names
    return report


def _bare(report, longrepr):
    return {
        "$report_type": "TestReport",
        "nodeid": str(report.nodeid),
        "location": report.location,
        "keywords": {},
        "outcome": report.outcome,
        "longrepr": longrepr,
        "when": report.when,
        "sections": [],
        "duration": getattr(report, "duration", 0.0),
        "user_properties": [],
    }
