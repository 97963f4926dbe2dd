"""Tests that were run more than once, and failures that are forgiven, as main shows them.

The supervisor says of each attempt what it was (a record of kind ATTEMPT, ahead of the reports).
Names, letters and words are those of pytest-rerunfailures; FLAKY and QUARANTINED are hasten's.
"""

import json

import pytest
from _pytest.junitxml import xml_key

from hasten_worker.messages.subtests import forget_failed, is_subtest

_FLAKY = "_hasten_flaky"
_YELLOW = {"yellow": True}
_PHASES = {"setup": 0, "call": 1, "teardown": 2}
_COLOURS = {"PASSED": {"green": True}, "FAILED": {"red": True}, "ERROR": {"red": True}}


class Retried:
    """A plugin of main's, registered as soon as there is something to show."""

    def __init__(self, config):
        self._config = config
        self._told = None  # what is known of the reports that follow
        self._attempts = []  # failed reports of earlier attempts at the same item, by attempt
        self._flaky = []  # (nodeid, line, attempts)
        self._quarantined = []
        self._reruns = {}  # of each node id that was run again, all reports

    @property
    def tells(self):
        """Whether the reports that follow are special."""
        return self._told is not None

    def begin(self, data):
        """The reports that follow are of this attempt."""
        self._told = json.loads(data)
        if self._told["again"]:
            self._attempts.append([])

    def end(self):
        """No report of the attempt follows."""
        if self._told is not None and not self._told["again"]:
            self._attempts = []
        self._told = None

    def show(self, report, log):
        """Logs a report as what it is: calls ``log`` with it, or not."""
        told = self._told
        if told["again"]:
            self._show_attempt(report, log)
            return
        if told["rerun"] and not is_subtest(report):
            report.rerun = told["rerun"]
            self._reruns.setdefault(str(report.nodeid), []).append(report)
        if told["flaky"]:
            if not is_subtest(report):
                self._mark_flaky(report)
        elif told["quarantined"]:
            self._forgive(report)
        log(report)

    def _show_attempt(self, report, log):
        number = forget_failed(self._config, report)
        if is_subtest(report):
            # The report of the test itself stands for them.
            if report.failed:
                self._attempts[-1].append(report)
            return
        _fail_by_subtests(report, number)
        if report.failed:
            self._attempts[-1].append(report)
            report.outcome = "rerun"
        elif report.when == "call" or not report.passed:
            return  # else the test would be counted twice
        report.rerun = self._told["rerun"]
        self._reruns.setdefault(str(report.nodeid), []).append(report)
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if hasattr(reporter, "stats"):
            # The closing line names them in the order of these keys: reruns come last.
            for category in ("flaky", "quarantined"):
                reporter.stats.setdefault(category, [])
        with _NotInJunit(self._config):
            log(report)

    def _mark_flaky(self, report):
        told = self._told
        words = f"passed at attempt {told['rerun'] + 1} of {told['of']}"
        report.user_properties = [*report.user_properties, ("flaky", words)]
        if report.when != "call":
            return
        setattr(report, _FLAKY, True)
        reports = [each for attempt in self._attempts for each in attempt]
        if told["flaky"] == "fail":
            report.outcome = "failed"
            last = reports[-1].longrepr if reports else None
            report.longrepr = _with_line(last, f"The test {words}, and --flaky-result is fail.")
            return
        causes = [
            f"attempt {number}: {_message(each)}"
            for number, attempt in enumerate(self._attempts, 1)
            for each in attempt[:1]
        ]
        line = f"{report.nodeid} - {'; '.join([words, *causes])}"
        self._flaky.append((line, self._attempts[:]))

    def _forgive(self, report):
        number = forget_failed(self._config, report)
        _fail_by_subtests(report, number)
        if report.failed:
            report.outcome = "quarantined"
            self._quarantined.append(report)
            if not is_subtest(report):
                _skip_in_junit(self._config, report)

    # Hooks.

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report):
        if report.outcome == "rerun":
            return "rerun", "R", ("RERUN", _YELLOW)
        if report.outcome == "quarantined":
            if is_subtest(report):
                return "", "", ""
            return "quarantined", "q", ("QUARANTINED", _YELLOW)
        if hasattr(report, _FLAKY):
            if report.failed:
                return "failed", "F", "FLAKY"
            return "flaky", ".", ("FLAKY", _YELLOW)
        return None

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter):
        if self._config.option.tbstyle != "no":
            self._show_flaky(terminalreporter)
            self._show_quarantined(terminalreporter)
        self._show_reruns(terminalreporter)

    def _show_flaky(self, reporter):
        if not self._flaky:
            return
        reporter.write_sep("=", "FLAKY")
        for line, attempts in self._flaky:
            for number, reports in enumerate(attempts, 1):
                for report in reports:
                    headline = f"{reporter._getfailureheadline(report)} (attempt {number})"
                    _show(reporter, report, headline)
            word = reporter._tw.markup("FLAKY", **_YELLOW)
            reporter.write_line(f"{word} {line}")

    def _show_quarantined(self, reporter):
        if not self._quarantined:
            return
        reporter.write_sep("=", "QUARANTINED")
        for report in self._quarantined:
            _show(reporter, report, reporter._getfailureheadline(report))
        for report in self._quarantined:
            if not is_subtest(report):
                word = reporter._tw.markup("QUARANTINED", **_YELLOW)
                reporter.write_line(f"{word} {report.nodeid} - {_message(report)}")

    def _show_reruns(self, reporter):
        tracebacks = getattr(self._config.option, "rerun_show_tracebacks", False)
        if not self._reruns or not (tracebacks or {*reporter.reportchars} & {*"rR"}):
            return
        reporter.write_sep("=", "rerun test summary info", cyan=True, bold=True)
        for nodeid, reports in self._reruns.items():
            reports.sort(key=lambda report: (report.rerun, _PHASES.get(report.when, 2)))
            for report in reports:
                if report.passed and report.when != "call":
                    continue
                _, _, word = self._config.hook.pytest_report_teststatus(
                    report=report, config=self._config
                )
                if not isinstance(word, tuple):
                    word = (word, _COLOURS.get(word, _YELLOW))
                word, markup = word
                reporter.write_line(f"{word or report.outcome.upper()} {nodeid}", **markup)
                if tracebacks and report.outcome == "rerun" and report.longrepr:
                    for line in str(report.longrepr).splitlines():
                        reporter.write_line(line)


def _fail_by_subtests(report, number):
    """pytest fails a test for that when it asks for its status: too late here."""
    if number and report.passed and report.when == "call":
        report.outcome = "failed"
        report.longrepr = f"contains {number} failed subtest{'s' if number > 1 else ''}"


def _skip_in_junit(config, report):
    """JUnit knows no forgiven failure: nobody has to act, and what it says is there to read."""
    xml = getattr(config, "stash", {}).get(xml_key, None)
    if xml is not None:
        reporter = xml._opentestcase(report)
        reporter._add_simple("skipped", f"quarantined: {_message(report)}", str(report.longrepr))


class _NotInJunit:
    """For the time of a report of an attempt: JUnit has the last attempt of a test only."""

    def __init__(self, config):
        self._xml = getattr(config, "stash", {}).get(xml_key, None)

    def __enter__(self):
        if self._xml is not None:
            self._number = len(self._xml.node_reporters_ordered)

    def __exit__(self, *_):
        xml = self._xml
        if xml is None:
            return
        added = xml.node_reporters_ordered[self._number :]
        del xml.node_reporters_ordered[self._number :]
        for key, reporter in list(xml.node_reporters.items()):
            if any(reporter is each for each in added):
                del xml.node_reporters[key]


def _show(reporter, report, headline):
    if reporter.config.option.tbstyle == "line":
        reporter.write_line(reporter._getcrashline(report))
        return
    reporter.write_sep("_", headline, yellow=True, bold=True)
    reporter._outrep_summary(report)


def _message(report):
    """Returns the first line of what went wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = getattr(crash, "message", None) or str(report.longrepr or "")
    return text.strip().partition("\n")[0]


def _with_line(longrepr, line):
    if hasattr(longrepr, "addsection"):
        longrepr.addsection("flaky", line)
        return longrepr
    return f"{longrepr}\n{line}" if longrepr else line
