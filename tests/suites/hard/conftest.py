"""Hooks and fixtures of the suite of hard cases. Every test here has an outcome that no order of the tests changes."""

import random
import warnings

import pytest

# A test asks whether its values come from this sequence. The standard library would reseed it after a fork.
random.seed(0)

collect_ignore = ["ignored_by_conftest"]
if pytest.version_tuple < (9, 0):
    collect_ignore.append("reports/test_subtests.py")

warnings.warn("from the conftest file", UserWarning, stacklevel=1)

COUNTED = pytest.StashKey()


class Opaque:
    """Nothing can serialise this."""

    def __repr__(self):
        return "<Opaque>"

    def __reduce__(self):
        raise TypeError("not for travelling")


@pytest.fixture
def counted(request):
    """Used by every test of the suite (ini option usefixtures)."""
    stash = request.session.stash
    stash[COUNTED] = stash.get(COUNTED, 0) + 1
    yield stash[COUNTED]


@pytest.fixture
def label(request):
    return request.node.stash.get(LABEL, None)


LABEL = pytest.StashKey()


def pytest_addoption(parser):
    group = parser.getgroup("hard", "the suite of hard cases")
    group.addoption("--hard-option", default="unset", help="an option of a conftest")
    parser.addini("hard_setting", "a setting of a conftest", default="default")


def pytest_report_header(config):
    return ["hard cases: " + config.getoption("--hard-option")]


def pytest_generate_tests(metafunc):
    mark = metafunc.definition.get_closest_marker("numbers")
    if mark is not None:
        metafunc.parametrize("number", mark.args, ids=lambda value: "n%s" % value)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Takes some items out and moves some to the end of their file."""
    left_out = [item for item in items if item.get_closest_marker("left_out")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if not item.get_closest_marker("left_out")]
    order = {}
    for item in kept:
        order.setdefault(item.path, len(order))
    kept.sort(key=lambda item: (order[item.path], item.get_closest_marker("last") is not None))
    items[:] = kept


def pytest_runtest_setup(item):
    mark = item.get_closest_marker("labelled")
    if mark is not None:
        item.stash[LABEL] = mark.args[0]
    if item.get_closest_marker("refused_by_hook"):
        pytest.skip("refused by the hook")
    if item.get_closest_marker("broken_by_hook"):
        raise RuntimeError("broken by the hook")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The recipe of pytest's documentation, and attributes that cannot travel as they are."""
    outcome = yield
    report = outcome.get_result()
    setattr(item, "rep_" + report.when, report)
    mark = item.get_closest_marker("labelled")
    if mark is not None:
        report.label = mark.args[0]
        report.opaque = Opaque()
        report.nested = {"path": item.path, 1: {2, 3}, "text": "\ud800", "bytes": b"\xff"}
        report.sections.append(("Section of the conftest", "the label is %s" % mark.args[0]))


def pytest_report_teststatus(report, config):
    if report.when == "call" and report.passed:
        for key in report.keywords:
            if key == "shown_as":
                return "shown as asked", "@", "SHOWN AS ASKED"
    return None


def pytest_terminal_summary(terminalreporter):
    labels = sorted(
        {
            report.label
            for reports in terminalreporter.stats.values()
            for report in reports
            if getattr(report, "label", None) and report.when == "call"
        }
    )
    terminalreporter.section("hard cases")
    terminalreporter.line("labels seen: " + ", ".join(labels))
