"""pytest-timeout without its timers: the supervisor owns time."""

import pytest

_NAME = "hasten-no-timers"


def keep_timers_out(manager):
    """Answers before pytest-timeout does.

    Called before the first conftest is loaded, in the session or in main, from which it is forked:
    a suite's own implementation of these hooks is registered later then, and asked first. The one
    of pytest-timeout itself is ``trylast``.
    """
    if not manager.hasplugin(_NAME):
        manager.register(NoTimers(), _NAME)


class NoTimers:
    """A plugin that sets no timers."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item, settings):
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_cancel_timer(self, item):
        return True
