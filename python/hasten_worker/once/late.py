"""What is torn down after the last test of the run, and what is reported of it.

Under plain pytest a session fixture is torn down with the last test. Here that test was reported
long ago, so what its teardown would have shown is reported after it: a failure is an error at the
teardown of the last test of this worker.
"""

from functools import partial

import pytest
from _pytest.logging import caplog_records_key
from _pytest.reports import TestReport
from _pytest.runner import CallInfo
from _pytest.warnings import catch_warnings_for_item


def tear_down(item, body):
    """Does ``body`` as the teardown of an item; returns the report.

    pytest's own hooks are around it (capture, logging, exceptions that nobody catches), and no
    other's: they have seen the teardown of this test.
    """
    manager = item.config.pluginmanager
    strangers = [each for each in manager.get_plugins() if not _is_of_pytest(each)]
    hook = manager.subset_hook_caller("pytest_runtest_teardown", strangers)
    state = item.session._setupstate
    before = vars(state).get("teardown_exact")
    kept = item._report_sections, item.user_properties
    item._report_sections, item.user_properties = [], []
    item.stash[caplog_records_key] = {}
    state.teardown_exact = _in_place_of_teardown(body)
    try:
        with catch_warnings_for_item(
            config=item.config, ihook=item.ihook, when="runtest", item=item
        ):
            call = CallInfo.from_call(
                partial(hook, item=item, nextitem=None),
                when="teardown",
                reraise=(pytest.exit.Exception, KeyboardInterrupt),
            )
        return TestReport.from_item_and_call(item, call)
    finally:
        item._report_sections, item.user_properties = kept
        del state.teardown_exact
        if before is not None:
            state.teardown_exact = before


def is_silent(report):
    """Whether nobody has to see it."""
    return report.outcome == "passed" and not report.sections and not report.user_properties


def _in_place_of_teardown(body):
    def teardown(nextitem):
        __tracebackhide__ = True
        body()

    return teardown


def _is_of_pytest(plugin):
    name = getattr(plugin, "__name__", None) or type(plugin).__module__
    return str(name).partition(".")[0] == "_pytest"
