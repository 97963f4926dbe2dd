"""Writes what a run of pytest reports, for ``hasten verify``.

Loaded with ``-p hasten_verify_recorder`` into plain pytest and into hasten's main process alike.
One JSON object a line, into the file that HASTEN_VERIFY_OUTPUT names. With HASTEN_VERIFY_MODE=summary nothing
listens to reports while the run goes on; they are read at its end from what the terminal counted.
HASTEN_VERIFY_ORDER names a file of node ids, one JSON string a line: only they run, in that order.
With HASTEN_VERIFY_PLAIN pytest-xdist does nothing, though the suite's settings say ``-n auto``: what is compared with
is one process.
"""

import json
import os

import pytest

OUTPUT = "HASTEN_VERIFY_OUTPUT"
MODE = "HASTEN_VERIFY_MODE"
ORDER = "HASTEN_VERIFY_ORDER"
PLAIN = "HASTEN_VERIFY_PLAIN"


def write(file, entry):
    # Lone surrogates are text in Python and no text elsewhere.
    text = json.dumps(entry, default=repr)
    file.write(text + "\n")
    file.flush()


def plain(text):
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def report_entry(report):
    return {
        "kind": "report",
        "nodeid": plain(report.nodeid),
        "when": getattr(report, "when", None) or "collect",
        "outcome": report.outcome,
        "wasxfail": plain(getattr(report, "wasxfail", "")),
        "longrepr": plain(report.longreprtext),
        "sections": [[plain(name), plain(content)] for name, content in report.sections],
        "properties": [[plain(part) for part in pair] for pair in getattr(report, "user_properties", ())],
    }


class Listener:
    """Writes everything as it happens."""

    def __init__(self, file):
        self.file = file

    def pytest_runtest_logreport(self, report):
        write(self.file, report_entry(report))

    def pytest_collectreport(self, report):
        if not report.passed:
            write(self.file, report_entry(report))

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        write(
            self.file,
            {
                "kind": "warning",
                "nodeid": plain(nodeid),
                "when": when,
                "message": plain(warning_message.message),
                "category": warning_message.category.__name__,
            },
        )


class SummaryReader:
    """Reads the terminal's statistics when all is over."""

    def __init__(self, file):
        self.file = file

    def pytest_unconfigure(self, config):
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        for category, reports in reporter.stats.items() if reporter else ():
            if category in ("warnings", "deselected"):
                continue
            for report in reports:
                if hasattr(report, "outcome"):
                    write(self.file, report_entry(report))


class Order:
    """Runs what one worker ran, as it ran it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.places = {json.loads(line): place for place, line in enumerate(file)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if plain(item.nodeid) in self.places]
        items.sort(key=lambda item: self.places[plain(item.nodeid)])


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config):
    # A wrapper, to be there before pytest-xdist makes workers of these.
    if PLAIN in os.environ and hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0
    yield


def pytest_configure(config):
    if hasattr(config, "workerinput") or OUTPUT not in os.environ:
        return
    file = open(os.environ[OUTPUT], "w", encoding="utf-8")  # noqa: SIM115 - closed below
    config.add_cleanup(file.close)
    kind = SummaryReader if os.environ.get(MODE) == "summary" else Listener
    config.pluginmanager.register(kind(file), "hasten_verify_listener")
    write(file, {"kind": "session", "rootdir": str(config.rootpath)})
    if ORDER in os.environ:
        config.pluginmanager.register(Order(os.environ[ORDER]), "hasten_verify_order")
