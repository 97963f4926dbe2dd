"""pytest-timeout without its timers: the supervisor owns time.

Its two hooks are called where a suite implements them, also without that plugin. A suite that sets
a timer of its own (and says so, as pytest-timeout wants it) is given the grace period on top of its
limit before the supervisor steps in.
"""

from collections import namedtuple
from types import SimpleNamespace

import pytest

from hasten_worker.configuration.settings import debugger_detection_is_off, limits
from hasten_worker.inspection.hooks import hook_wrapper, others

_NAME = "hasten-no-timers"

# As in pytest-timeout 2.4.
Settings = namedtuple("Settings", "timeout method func_only disable_debugger_detection")


def keep_timers_out(manager):
    """Answers before pytest-timeout does.

    Called before the first conftest is loaded, in the session or in main, from which it is forked:
    a suite's own implementation of these hooks is registered later then, and asked first. The one
    of pytest-timeout itself is ``trylast``.
    """
    if not manager.hasplugin(_NAME):
        manager.register(NoTimers(), _NAME)


def mend_marks(manager):
    """Lets pytest-timeout read marks that it ends the run for: its documentation allows them.

    An argument ``disable_debugger_detection``, and no argument at all (2.4).
    """
    plugin = manager.getplugin("timeout")
    parse = getattr(plugin, "_parse_marker", None)
    if parse is None or getattr(parse, "__module__", "") != plugin.__name__:
        return

    def parse_marker(marker):
        kwargs = {**marker.kwargs}
        kwargs.pop("disable_debugger_detection", None)
        if not marker.args and not kwargs:
            kwargs["timeout"] = None
        return parse(SimpleNamespace(args=marker.args, kwargs=kwargs))

    plugin._parse_marker = parse_marker


def call_hooks_of_suite(config, journal):
    """Calls the hooks of a suite that implements them, and notes who sets a timer of its own.

    Returns whether that takes a plugin of ours, since pytest-timeout is not there to call them.
    """
    manager = config.pluginmanager
    none = manager.getplugin(_NAME)
    hook = getattr(config.hook, "pytest_timeout_set_timer", None)
    if none is None or hook is None or not others(hook, ("pytest_timeout", __name__)):
        return False
    none.journal = journal
    if manager.hasplugin("timeout"):
        return False
    manager.register(Timers(config))
    return True


class NoTimers:
    """A plugin that sets no timers."""

    journal = None  # of a worker whose suite may set some

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item, settings):
        if self.journal is not None:
            self.journal.own_timer(0)
        return True

    @pytest.hookimpl(optionalhook=True, tryfirst=True, specname="pytest_timeout_set_timer")
    def pytest_before_timers(self, item, settings):
        # Who answers before the other implementation is asked sets a timer.
        if self.journal is not None:
            self.journal.own_timer(self.journal.started)

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_cancel_timer(self, item):
        return True


class Timers:
    """A plugin that calls the hooks as pytest-timeout does, where it is not installed."""

    def __init__(self, config):
        self._hook = config.hook
        given = limits(config, config.option)
        self._default = given["ini-timeout"] if given["timeout"] is None else given["timeout"]
        self._func_only = bool(given["ini-func-only"])

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        return (yield from self._around(item, False))

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_call(self, item):
        return (yield from self._around(item, True))

    def _around(self, item, func_only):
        settings = self._settings(item)
        if not settings.timeout or settings.timeout <= 0 or settings.func_only != func_only:
            return (yield)
        self._hook.pytest_timeout_set_timer(item=item, settings=settings)
        try:
            return (yield)
        finally:
            self._hook.pytest_timeout_cancel_timer(item=item)

    def _settings(self, item):
        mark = item.get_closest_marker("timeout")
        names = ("timeout", "method", "func_only")
        given = {} if mark is None else {**dict(zip(names, mark.args)), **mark.kwargs}
        func_only = given.get("func_only")
        return Settings(
            given.get("timeout", self._default),
            given.get("method") or "signal",
            self._func_only if func_only is None else bool(func_only),
            debugger_detection_is_off(item.config, item),
        )
