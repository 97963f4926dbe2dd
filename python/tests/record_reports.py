"""A plugin for plain pytest that writes down what it reports."""

import json
import os

found = {}


def pytest_runtest_logreport(report):
    text = report.longreprtext if report.longrepr is not None else ""
    sections = [list(section) for section in report.sections]
    found.setdefault(report.nodeid, []).append((report.when, report.outcome, sections, text))


def pytest_sessionfinish():
    with open(os.environ["RECORD_REPORTS"], "w", encoding="utf-8") as file:
        json.dump(found, file)
