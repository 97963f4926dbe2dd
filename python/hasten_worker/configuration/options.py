"""The options that hasten owns, registered in pytest's own parser.

A command line or an ``addopts`` written for pytest-xdist and pytest-timeout is understood:
names, destinations and choices are theirs. What the values mean is decided by the supervisor.
"""

import importlib.util

import pytest

from hasten_worker.configuration import newhooks
from hasten_worker.configuration.options_of_reruns import FLAKY_MARKER, add_reruns
from hasten_worker.configuration.options_of_rules import add_isolate, add_retries, add_rules

XDIST_MARKER = (
    "xdist_group: specify group for tests should run in same session."
    "in relation to one another. Provided by pytest-xdist."
)
TIMEOUT_MARKER = (
    "timeout(timeout, method=None, func_only=False, "
    "disable_debugger_detection=False): Set a timeout, timeout "
    "method and func_only evaluation on just one test item.  The first "
    "argument, *timeout*, is the timeout in seconds."
)
SERIAL_MARKER = "serial: nothing else runs while this test does."
RESOURCE_MARKER = (
    "resource(name, ...): no more tests use the same resource at a time than its limit, which is 1 "
    "unless [tool.hasten.resources] has another."
)
ISOLATE_MARKER = (
    "isolate(on=True): the test runs in a process of its own, whatever --isolate says; with False "
    "in one that others run in, too."
)
_DIST_MODES = ["each", "load", "loadscope", "loadfile", "loadgroup", "worksteal", "no"]


class Options:
    """A plugin that registers options, settings, hooks and markers."""

    def __init__(self):
        # pytest-timeout registers these itself when it is loaded, which is after us.
        self._owns_timeout = importlib.util.find_spec("pytest_timeout") is None
        # So does pytest-retry.
        self._owns_retries = importlib.util.find_spec("pytest_retry") is None
        # And pytest-isolate.
        self._owns_isolate = importlib.util.find_spec("pytest_isolate") is None

    @pytest.hookimpl
    def pytest_addoption(self, parser):
        group = parser.getgroup("hasten", "distributed and subprocess testing")
        _add_distribution(group)
        _add_accepted(group)
        _add_outputs(group)
        add_rules(group, self._owns_retries)
        if self._owns_isolate:
            add_isolate(group)
        add_reruns(parser)
        _add_settings(parser)
        if self._owns_timeout:
            TimeoutOptions.pytest_addoption(parser)

    @pytest.hookimpl
    def pytest_addhooks(self, pluginmanager):
        pluginmanager.add_hookspecs(newhooks)
        if self._owns_timeout:
            pluginmanager.add_hookspecs(newhooks.TimeoutHooks)

    @pytest.hookimpl
    def pytest_configure(self, config):
        config.addinivalue_line("markers", XDIST_MARKER)
        config.addinivalue_line("markers", FLAKY_MARKER)
        config.addinivalue_line("markers", SERIAL_MARKER)
        config.addinivalue_line("markers", RESOURCE_MARKER)
        config.addinivalue_line("markers", ISOLATE_MARKER)
        if self._owns_timeout:
            config.addinivalue_line("markers", TIMEOUT_MARKER)

    def complete(self, pluginmanager):
        """Registers those options late whose plugin is installed but not loaded.

        Returns whether it did: the command line must be read again then.
        """
        modules = [getattr(each, "__name__", "") for each in pluginmanager.get_plugins()]
        late = False
        if not (
            self._owns_timeout or pluginmanager.hasplugin("timeout") or "pytest_timeout" in modules
        ):
            late = self._owns_timeout = True
            pluginmanager.add_hookspecs(newhooks.TimeoutHooks)
            pluginmanager.register(TimeoutOptions)
        packages = {str(name).partition(".")[0] for name in modules}
        if not (self._owns_retries or "pytest_retry" in packages):
            late = self._owns_retries = True
            pluginmanager.register(RetryOptions)
        if not (self._owns_isolate or "pytest_isolate" in packages):
            late = self._owns_isolate = True
            pluginmanager.register(IsolateOptions)
        return late


class RetryOptions:
    """The options that pytest-retry registers as well."""

    @staticmethod
    @pytest.hookimpl
    def pytest_addoption(parser):
        add_retries(parser.getgroup("hasten", "distributed and subprocess testing"))


class IsolateOptions:
    """The option that pytest-isolate registers as well."""

    @staticmethod
    @pytest.hookimpl
    def pytest_addoption(parser):
        add_isolate(parser.getgroup("hasten", "distributed and subprocess testing"))


class TimeoutOptions:
    """The options of pytest-timeout."""

    @staticmethod
    @pytest.hookimpl
    def pytest_addoption(parser):
        group = parser.getgroup("hasten", "distributed and subprocess testing")
        group.addoption("--timeout", type=float, help="Seconds that a test may take. 0 is no limit")
        group.addoption(
            "--timeout_method",
            action="store",
            choices=["signal", "thread"],
            help="Deprecated, use --timeout-method",
        )
        group.addoption(
            "--timeout-method",
            dest="timeout_method",
            action="store",
            choices=["signal", "thread"],
            help="Accepted and ignored: limits are enforced from outside the process",
        )
        group.addoption(
            "--timeout-disable-debugger-detection",
            dest="timeout_disable_debugger_detection",
            action="store_true",
            help="Enforce time limits while a debugger is attached, too",
        )
        group.addoption(
            "--session-timeout",
            action="store",
            dest="session_timeout",
            default=None,
            type=float,
            metavar="SECONDS",
            help="Seconds that the whole run may take",
        )
        parser.addini("timeout", "Seconds that a test may take")
        parser.addini("timeout_method", "Accepted and ignored")
        parser.addini(
            "timeout_func_only", "Whether limits count the call only", type="bool", default=False
        )
        parser.addini(
            "timeout_disable_debugger_detection",
            "Whether limits are enforced while a debugger is attached",
            type="bool",
            default=False,
        )
        parser.addini("session_timeout", "Seconds that the whole run may take")


def parse_numprocesses(text):
    """Reads the value of ``-n``; argparse names this function when it is no number."""
    return text if text in ("auto", "logical") else int(text)


def _add_distribution(group):
    # `_addoption`: pytest keeps lower-case short options for itself, and xdist does the same.
    group._addoption(
        "-n",
        "--numprocesses",
        dest="numprocesses",
        metavar="numprocesses",
        action="store",
        type=parse_numprocesses,
        help="Number of worker processes, or 'auto': the cores, and more while tests wait. "
        "0 runs the tests in this process, as pytest.",
    )
    group.addoption(
        "--maxprocesses",
        dest="maxprocesses",
        metavar="maxprocesses",
        action="store",
        type=int,
        help="Most workers that -n may start.",
    )
    group.addoption(
        "--max-worker-restart",
        action="store",
        default=None,
        dest="maxworkerrestart",
        help="Most workers that are replaced after a crash.",
    )
    group.addoption(
        "--dist",
        metavar="distmode",
        action="store",
        choices=_DIST_MODES,
        dest="dist",
        default="no",
        help="What stays together on one worker: loadscope (modules and classes), loadfile, "
        "loadgroup (xdist_group marks); nothing has to with load, worksteal and no (default).",
    )
    group._addoption(
        "-d",
        action="store_true",
        dest="distload",
        default=False,
        help="Shortcut for '--dist=load'.",
    )
    group.addoption(
        "--start-method",
        dest="hasten_start_method",
        action="store",
        choices=["fork", "spawn"],
        default=None,
        help="How workers start: forked from a process that has collected, or each for itself.",
    )


def _add_outputs(group):
    group.addoption(
        "--events",
        dest="hasten_events",
        metavar="FILE",
        help="Write what happens to FILE, for other programs: JSON, one event a line.",
    )


def _add_accepted(group):
    group.addoption(
        "--loadscope-reorder", dest="loadscopereorder", action="store_true", default=True
    )
    group.addoption("--no-loadscope-reorder", dest="loadscopereorder", action="store_false")
    for name in ("tx", "px"):
        group.addoption("--" + name, dest=name, action="append", default=[], metavar="xspec")
    group.addoption("--rsyncdir", action="append", default=[], metavar="DIR")
    group.addoption("--rsyncignore", action="append", default=[], metavar="GLOB")
    group.addoption("--testrunuid", action="store")
    group.addoption("--maxschedchunk", action="store", type=int)
    group._addoption("-f", "--looponfail", action="store_true", dest="looponfail", default=False)


def _add_settings(parser):
    for name in ("rsyncdirs", "rsyncignore", "looponfailroots"):
        parser.addini(name, "Accepted and ignored", type="paths")
