"""unittest tears a test down before pytest reports it.

In a process that is kept that is done when it is released.
"""

import sys
import unittest

import pytest
from _pytest.unittest import TestCaseFunction

_NO_FAILURES = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)
_STEPS = ("tearDown", "doCleanups", "_post_teardown")  # the last one is Django's: it rolls back


def postpone_teardown(hold):
    """Lets tests of unittest ask ``hold`` after a failure, before they tear down."""
    start = TestCaseFunction.startTest

    def start_and_watch(item, testcase):
        start(item, testcase)
        # Others (asyncio's, trial's) tear down in a loop that has ended later.
        if type(testcase).run is unittest.TestCase.run:
            _Teardown(hold, item, testcase).watch()

    TestCaseFunction.startTest = start_and_watch


class _Teardown:
    def __init__(self, hold, item, testcase):
        self._hold = hold
        self._item = item
        self._testcase = testcase
        self._postponed = []

    def watch(self):
        """Stands in front of the methods that tear down."""
        for name in _STEPS:
            if not hasattr(self._testcase, name):
                continue
            setattr(self._testcase, name, self._step(name))

    def _step(self, name):
        def step():
            vars(self._testcase).pop(name, None)
            body = getattr(self._testcase, name)
            if self._postponed or (self._has_failed() and self._hold.may_keep()):
                self._postponed.append(body)
                self._item._explicit_tearDown = self._end  # pytest calls it in its own teardown
            else:
                body()

        return step

    def _end(self):
        self._hold.give_up()
        steps, self._postponed = self._postponed, []
        for body in steps:
            body()

    def _has_failed(self):
        if sys.version_info >= (3, 11):
            found = getattr(self._item, "_excinfo", None) or ()
            return any(not isinstance(each.value, _NO_FAILURES) for each in found)
        errors = getattr(self._testcase._outcome, "errors", ())
        return any(case is self._testcase and info is not None for case, info in errors)
