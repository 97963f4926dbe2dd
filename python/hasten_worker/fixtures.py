"""The fixtures of pytest-xdist, and its time limits switched off."""

import uuid

import pytest


class Fixtures:
    """A plugin with ``worker_id`` and ``testrun_uid``."""

    @pytest.fixture(scope="session")
    def worker_id(self, request):
        """Return the id of the current worker ('gw0', 'gw1', etc) or 'master'
        if running on the master node.
        """
        workerinput = getattr(request.config, "workerinput", None)
        return "master" if workerinput is None else workerinput["workerid"]

    @pytest.fixture(scope="session")
    def testrun_uid(self, request):
        """Return the unique id of the current test."""
        workerinput = getattr(request.config, "workerinput", None)
        return uuid.uuid4().hex if workerinput is None else workerinput["testrunuid"]


class NoTimers:
    """A plugin that keeps pytest-timeout from setting timers: the supervisor owns time.

    A suite's own implementation of these hooks was registered later and is asked first; the
    one of pytest-timeout itself is ``trylast``.
    """

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item, settings):
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_cancel_timer(self, item):
        return True
