"""What has to be true before an item may take the fused path. See docs/design/fused-protocol.md.

Nothing here is guessed: pytest's files are compared with those that the path was written and
tested against, and the implementations of each hook with the list that those files make.
"""

import sys

from _pytest import (
    assertion,
    capture,
    logging,
    main,
    nodes,
    python,
    reports,
    runner,
    skipping,
    threadexception,
    unraisableexception,
    warnings,
)
from _pytest.cacheprovider import LFPlugin
from pluggy._callers import _multicall

from hasten_worker.fused.strays import COLLECTED
from hasten_worker.inspection import known_pytest
from hasten_worker.inspection.hooks import file_of, module_of
from hasten_worker.inspection.known_functions import OTHERS
from hasten_worker.inspection.reasons import Plugin, Reason, plugin_of, version_of

# The implementations of each hook, in the order in which they are called.
_PHASE = (
    "_pytest.logging LoggingPlugin",
    "_pytest.capture CaptureManager",
    "_pytest.skipping",
    "_pytest.runner",
)
_TEARDOWN = tuple(each for each in _PHASE if each != "_pytest.skipping")
_STRAYS = ("_pytest.unraisableexception", "_pytest.threadexception")
if COLLECTED:
    _PHASES = (_PHASE + _STRAYS, _PHASE + _STRAYS, _TEARDOWN + _STRAYS)
    _OF_STRAYS = ("collect_unraisable", "collect_thread_exception")
else:
    _PHASES = (
        (_STRAYS[0], *_PHASE[:2], _STRAYS[1], *_PHASE[2:]),
        (*_STRAYS[::-1], *_PHASE),
        (*_STRAYS[::-1], *_TEARDOWN),
    )
    _OF_STRAYS = ("unraisable_exception_runtest_hook", "thread_exception_runtest_hook")
_HOOKS = {
    "pytest_runtest_setup": _PHASES[0],
    "pytest_runtest_call": _PHASES[1],
    "pytest_runtest_teardown": _PHASES[2],
    "pytest_runtest_makereport": (
        "_pytest.tmpdir",
        "_pytest.skipping",
        "_pytest.unittest",
        "_pytest.runner",
    ),
    "pytest_runtest_logstart": ("_pytest.logging LoggingPlugin",),
    "pytest_runtest_logreport": ("_pytest.main Session", "_pytest.logging LoggingPlugin"),
    "pytest_runtest_logfinish": ("_pytest.logging LoggingPlugin",),
    "pytest_exception_interact": ("_pytest.faulthandler",),
    "pytest_assertion_pass": (),
}
_PROTOCOL = (
    "_pytest.warnings",
    "_pytest.assertion",
    "_pytest.unittest",
    "_pytest.faulthandler",
    "_pytest.runner",
)
_TIMEOUT_HOOKS = ("pytest_timeout_set_timer", "pytest_timeout_cancel_timer")


# Options for which pytest does more around an item.
_OPTIONS = (
    ("usepdb", "--pdb"),
    ("trace", "--trace"),
    ("setupshow", "--setup-show"),
    ("setuponly", "--setup-only"),
    ("setupplan", "--setup-plan"),
)

# What the path calls, or does in its place.
_OWN = {
    assertion: ("pytest_runtest_protocol",),
    capture.CaptureManager: (
        "activate_fixture",
        "deactivate_fixture",
        "item_capture",
        "read_global_capture",
        "resume_global_capture",
        "suspend_global_capture",
    ),
    capture.FDCapture: ("resume", "snap", "suspend"),
    capture.MultiCapture: ("readouterr", "resume_capturing", "suspend_capturing"),
    capture.SysCapture: ("resume", "suspend"),
    logging.LogCaptureHandler: ("emit", "reset"),
    logging.LoggingPlugin: ("_runtest_for",),
    logging.catching_logs: ("__enter__", "__exit__"),
    nodes.Item: ("add_report_section",),
    nodes.Node: ("setup", "teardown"),
    python: ("pytest_pyfunc_call",),
    python.Function: ("runtest", "setup"),
    reports.TestReport: ("__init__", "from_item_and_call"),
    runner: ("call_and_report", "check_interactive_exception", "_update_current_test_var"),
    runner.CallInfo: ("from_call",),
    runner.SetupState: ("setup", "teardown_exact"),
    skipping: ("evaluate_skip_marks", "evaluate_xfail_marks"),
    threadexception: _OF_STRAYS[1:],
    unraisableexception: _OF_STRAYS[:1],
    warnings: ("catch_warnings_for_item",),
}


class Unproved(Exception):
    """A fact is missing; says which."""

    def __init__(self, kind, detail="", **rest):
        super().__init__(kind, detail)
        self.reason = Reason(kind, detail, **rest)


def prove_session(session):
    """Raises Unproved where no item of a session may take the fused path."""
    config = session.config
    manager = config.pluginmanager
    option = config.option
    if not known_pytest.is_known():
        raise Unproved("pytest-version", version_of("pytest"))
    if not hasattr(config.hook.pytest_runtest_setup, "_hookimpls"):
        raise Unproved("pluggy-version", version_of("pluggy"))
    found = known_pytest.replaced(_OWN)
    if found is not None:
        name, function = found
        raise Unproved("patched", name, plugin=_author(function))
    teardown = python.Function.teardown
    if teardown is not nodes.Node.teardown:
        raise Unproved("patched", "Function.teardown", plugin=_author(teardown))
    if manager._inner_hookexec is not _multicall:
        raise Unproved("traced")
    if type(session) is not main.Session or type(session._setupstate) is not runner.SetupState:
        raise Unproved("replaced", "session")
    for name, word in _OPTIONS:
        if getattr(option, name, False):
            raise Unproved("option", word)
    if float(config.getini("faulthandler_timeout") or 0.0) > 0:
        raise Unproved("option", "faulthandler_timeout")
    _prove_logging(manager.getplugin("logging-plugin"))
    _prove_capture(manager.getplugin("capturemanager"))


def _author(function):
    """Whose code stands in the place of pytest's."""
    module = getattr(function, "__module__", None) or ""
    return Plugin("", module, "", file_of(function), "")


def _prove_logging(plugin):
    if plugin is None:
        raise Unproved("switched-off", "logging")
    if type(plugin) is not logging.LoggingPlugin:
        raise Unproved("replaced", "logging plugin")
    if plugin.log_level is not None:
        raise Unproved("option", "log_level")
    if type(plugin.log_cli_handler) is not logging._LiveLoggingNullHandler:
        raise Unproved("option", "log_cli")
    for handler in (plugin.caplog_handler, plugin.report_handler):
        if type(handler) is not logging.LogCaptureHandler:
            raise Unproved("replaced", "logging plugin")


def _prove_capture(manager):
    if type(manager) is not capture.CaptureManager:
        raise Unproved("replaced", "capture manager")
    whole = manager._global_capturing
    parts = {type(whole.out), type(whole.err)} if type(whole) is capture.MultiCapture else ()
    if parts not in ({capture.FDCapture}, {type(None)}):
        raise Unproved("option", f"--capture={manager._method}")


def prove_protocol(config):
    """Raises Unproved unless the wrappers around a whole item are known."""
    _compare(config, config.hook, "pytest_runtest_protocol", _PROTOCOL)


def prove_proxy(config, proxy):
    """Raises Unproved unless the hooks of a folder are known."""
    for name, expected in _HOOKS.items():
        _compare(config, proxy, name, expected)


def _compare(config, proxy, name, expected):
    found = [
        each
        for each in reversed(getattr(proxy, name).get_hookimpls())
        if not _is_idle(config, each, name)
    ]
    pairs = zip(found, expected)
    if len(found) != len(expected) or not all(_is(each, one, name) for each, one in pairs):
        raise _difference(config, proxy, name, found, expected)


def _difference(config, proxy, name, found, expected):
    """Says who makes the implementations of a hook other ones than pytest's."""
    for each in found:
        if not any(_is(each, wanted, name) for wanted in expected):
            return _stranger(config, proxy, name, each)
    for wanted in expected:
        if not any(_is(each, wanted, name) for each in found):
            module = wanted.partition(" ")[0]
            return Unproved("switched-off", module.rpartition(".")[2], hooks=(name,))
    return Unproved("order", hooks=(name,))


def _stranger(config, proxy, name, implementation):
    plugin = implementation.plugin
    whose = plugin_of(config, implementation)
    module = whose.module
    if module in OTHERS and sys.modules.get(module) is plugin:
        if not _is_known_file(plugin):
            return Unproved("plugin-version", version_of(module), hooks=(name,), plugin=whose)
        return Unproved("timers", hooks=(name,), plugin=whose)
    # Whoever takes one of its hooks away has to know the others, too.
    others = {
        each: getattr(proxy, each).get_hookimpls() for each in ("pytest_runtest_protocol", *_HOOKS)
    }
    hooks = tuple(
        each for each, them in others.items() if any(one.plugin is plugin for one in them)
    )
    return Unproved("hook", hooks=hooks or (name,), plugin=whose)


def _is_idle(config, implementation, name):
    """Whether an implementation does nothing for an item that may take the fused path."""
    plugin = implementation.plugin
    if type(plugin).__module__.startswith("hasten_worker."):
        return True
    if type(plugin) is LFPlugin:
        return _is(implementation, "_pytest.cacheprovider LFPlugin", name)
    module = module_of(implementation)
    if module == "_pytest.nose":  # looked at for each item
        return _is(implementation, module, name)
    if module not in OTHERS or sys.modules.get(module) is not plugin:
        return False
    if implementation.function is not vars(plugin).get(name) or not _is_known_file(plugin):
        return False
    return module != "pytest_timeout" or _timeout_is_idle(config, plugin)


def _timeout_is_idle(config, plugin):
    """Whether the timers that pytest-timeout starts are answered by our NoTimers."""
    if config.stash.get(plugin.SESSION_EXPIRE_KEY, 1):
        return False
    return all(
        module_of(each) in ("pytest_timeout", "hasten_worker.running.timers")
        for name in _TIMEOUT_HOOKS
        for each in getattr(config.hook, name).get_hookimpls()
    )


_known_files = {}


def _is_known_file(plugin):
    name = plugin.__name__
    if name not in _known_files:
        try:
            _known_files[name] = known_pytest.hash_of(plugin.__file__).hex()[:32] in OTHERS[name]
        except OSError:
            _known_files[name] = False
    return _known_files[name]


def _is(implementation, expected, name):
    module, _, kind = expected.partition(" ")
    if module_of(implementation) != module:
        return False
    plugin, function = implementation.plugin, implementation.function
    if not kind:
        return plugin is sys.modules[module] and function is vars(plugin).get(name)
    if type(plugin).__name__ != kind or type(plugin).__module__ != module:
        return False
    return getattr(function, "__func__", None) is vars(type(plugin)).get(name)
