"""Records from workers, played to the hooks of main's session."""

import io
import json

from _pytest._io import TerminalWriter
from _pytest.reports import TestReport

from hasten_worker.inspection.hooks import PYTEST_AND_OURS, others
from hasten_worker.messages import records
from hasten_worker.messages.benchmarks import BenchmarksOfMain
from hasten_worker.messages.junit import JunitOfMain
from hasten_worker.messages.subtests import FAILED_SUBTESTS, restore_context, restore_failed
from hasten_worker.messages.values import restore
from hasten_worker.messages.warning_records import from_message
from hasten_worker.terminal.listeners import own_reporter
from hasten_worker.terminal.retried import Retried
from hasten_worker.terminal.silent import SilentPasses


class Replay:
    """Calls ``pytest_runtest_logstart``, ``_logreport`` and ``_logfinish`` as a run would."""

    def __init__(self, session, items, full_reports, live_line, nodes, in_order=False):
        self._session = session
        self._config = session.config
        self._hook = session.config.hook
        self._items = items
        self._nodes = nodes
        self._tells_nodes = bool(others(self._hook.pytest_runtest_logreport, PYTEST_AND_OURS))
        if self._tells_nodes:
            nodes.hide_from(PYTEST_AND_OURS)
        self._live_line = live_line
        self._reporter = own_reporter(session.config)
        fast = not full_reports and (
            self._reporter is not None
            or session.config.pluginmanager.getplugin("terminalreporter") is None
        )
        self._silent = SilentPasses(session, self._reporter, live_line) if fast else None
        self._in_order = in_order  # as in one process: nothing comes after the end
        self.stop = None  # the STOPPED message, when this session wants to end
        self._open = None  # the item whose logstart was called
        self._location = None
        self._warnings = []
        self._junit = JunitOfMain(session.config)
        self._benchmarks = BenchmarksOfMain(session.config)
        self._retried = None  # as soon as a test was run again
        if live_line:
            self._silence_progress()

    def frame(self, payload):
        """Plays the records of a REPORTS frame."""
        silent = self._silent
        for index, kind, *rest, data in records.unpack_all(payload, 4):
            if self.stop:
                return
            if kind == records.PASSED and silent is not None and not self._is_special():
                silent.add(self._items[index][0], *rest[2:])
                if self._warnings:
                    self._send_warnings()
                continue
            if silent is not None:
                silent.flush()
            self._play(index, kind, rest, data)
            if silent is not None:
                silent.forget()
        if silent is not None:
            silent.flush()

    def close(self):
        """The run is over: an item that was begun must not stay so."""
        if self._open is not None:
            self._finish(self._open)
        if self._live_line and self._reporter is not None:
            self._reporter.currentfspath = None

    def _play(self, index, kind, rest, data):
        if kind == records.WARNING:
            self._warnings.append(json.loads(data))
            if index == records.NO_ITEM:
                self._send_warnings()
        elif kind == records.ATTEMPT:
            if self._open is not None:
                self._finish(self._open)
            if self._retried is None:
                self._retried = Retried(self._config)
                self._config.pluginmanager.register(self._retried)
            self._retried.begin(data)
        elif kind in (records.REPORT, records.VERDICT):
            report, attributes = self._deserialize(index, data)
            if kind == records.VERDICT and report is not None:
                self._nodes.crashed(report)
            self._report(index, report, attributes)
        elif kind == records.LATE:
            self._report(index, *self._deserialize(index, data))
            self._finish(index)
        elif kind == records.FINISHED:
            self._finish(index)
        elif kind == records.PASSED:
            for report in self._three(index, *rest[2:]):
                self._report(index, report)
            self._finish(index)

    def _report(self, index, report, attributes=None):
        if report is None:
            return
        if index != self._open:
            self._start(index, report)
        if self._is_special():
            self._retried.show(report, lambda shown: self._log(shown, attributes))
        else:
            self._log(report, attributes)

    def _is_special(self):
        return self._retried is not None and self._retried.tells

    def _log(self, report, attributes):
        # pytest's JUnit writer also knows a test by its report's node: it is asked before that.
        if attributes and report.outcome != "rerun":
            self._junit.set_attributes(report, attributes)
        node = self._nodes.of(report) if self._tells_nodes else None
        if node is not None:
            report.node = node
        with self._muted():
            self._hook.pytest_runtest_logreport(report=report)
        if self._live_line and report.failed:
            self._show_failure(report)

    def _start(self, index, report):
        if self._open is not None:
            self._finish(self._open)
        self._open = index
        self._location = report.location
        with self._muted():
            self._hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)

    def _finish(self, index):
        if self._open == index:
            nodeid = self._items[index][0] if index < len(self._items) else ""
            with self._muted():
                self._hook.pytest_runtest_logfinish(nodeid=nodeid, location=self._location)
        self._open = None
        if self._retried is not None:
            self._retried.end()
        # pytest records the warnings of an item after it has finished.
        self._send_warnings()
        if self._in_order:
            self._look_for_the_end()

    def _look_for_the_end(self):
        session = self._session
        if session.shouldfail:
            self.stop = {"kind": "shouldfail", "message": str(session.shouldfail)}
        elif session.shouldstop:
            self.stop = {"kind": "shouldstop", "message": str(session.shouldstop)}

    def _send_warnings(self):
        for data in self._warnings:
            self._hook.pytest_warning_recorded.call_historic(kwargs=from_message(data))
        self._warnings = []

    def _deserialize(self, index, data):
        attributes = None
        try:
            value = json.loads(data)
            attributes = self._junit.take(value)
            self._benchmarks.take(value)
            return read_report(self._config, value), attributes
        except Exception as error:
            # A report that cannot be read is a failure to see, not the end of the run.
            nodeid = self._items[index][0] if index < len(self._items) else "?"
            text = f"the report of this test cannot be read: {error!r}\n{data!r}"
            failed = TestReport(nodeid, _location(nodeid), {}, "failed", text, "call")
            return failed, attributes

    def _three(self, index, start, setup, call, teardown):
        nodeid = self._items[index][0]
        for when, duration in (("setup", setup), ("call", call), ("teardown", teardown)):
            report = TestReport(
                nodeid, _location(nodeid), {}, "passed", None, when, duration=duration
            )
            report.start = start
            report.stop = start = start + duration
            yield report

    def _silence_progress(self):
        if self._reporter is not None:
            self._reporter._show_progress_info = False

    def _muted(self):
        return _Muted(self._reporter if self._live_line else None)

    def _show_failure(self, report):
        reporter = self._reporter
        if reporter is not None:
            reporter._tw.line(_summary_line(self._config, report, reporter._tw))
            reporter._tw.flush()


def read_report(config, data):
    """Returns the report that was sent as ``data``."""
    rendered = restore(data)
    failed_subtests = data.pop(FAILED_SUBTESTS, None)
    report = config.hook.pytest_report_from_serializable(config=config, data=data)
    if rendered is not None and report is not None:
        report.longrepr = rendered
    restore_failed(failed_subtests, config, report)
    restore_context(report, data)
    return report


class _Muted:
    """Takes the terminal away from pytest's reporter for the time of a hook call."""

    def __init__(self, reporter):
        self._reporter = reporter

    def __enter__(self):
        reporter = self._reporter
        if reporter is not None:
            self._writer = reporter._tw
            reporter._tw = TerminalWriter(io.StringIO())
            reporter._tw.fullwidth = self._writer.fullwidth

    def __exit__(self, *_):
        if self._reporter is not None:
            self._reporter._tw = self._writer


def _summary_line(config, report, writer):
    """Returns the line that pytest's summary has for a failed report."""
    try:
        from _pytest.terminal import _get_line_with_reprcrash_message

        return _get_line_with_reprcrash_message(config, report, writer, {"red": True})
    except Exception:  # pytest 7.0 has other arguments
        word = "FAILED" if report.when == "call" else "ERROR"
        crash = getattr(report.longrepr, "reprcrash", None)
        message = getattr(crash, "message", "").partition("\n")[0]
        line = writer.markup(word, red=True) + " " + report.nodeid
        return f"{line} - {message}" if message else line


def _location(nodeid):
    path, _, domain = nodeid.partition("::")
    return path, None, domain.replace("::", ".")
