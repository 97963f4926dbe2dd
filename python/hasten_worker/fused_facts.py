"""What has to be true before an item may take the fused path. See docs/design/fused-protocol.md.

Nothing here is guessed: pytest's files are compared with those that the path was written and
tested against, and the implementations of each hook with the list that those files make.
"""

import hashlib
import os
import sys

import _pytest
from _pytest import capture, logging, main, runner
from _pytest.cacheprovider import LFPlugin
from _pytest.python import Function
from pluggy._callers import _multicall

from hasten_worker.fused_table import FILES, KNOWN, OTHERS
from hasten_worker.listeners import module_of

# The implementations of each hook, in the order in which they are called.
_PHASE = (
    "_pytest.logging LoggingPlugin",
    "_pytest.capture CaptureManager",
    "_pytest.skipping",
    "_pytest.runner",
    "_pytest.unraisableexception",
    "_pytest.threadexception",
)
_HOOKS = {
    "pytest_runtest_setup": _PHASE,
    "pytest_runtest_call": _PHASE,
    "pytest_runtest_teardown": tuple(each for each in _PHASE if each != "_pytest.skipping"),
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
_MARKS = frozenset(("skip", "skipif", "xfail"))
# What tells hypothesis's plugin that a test is its own, or was meant to be.
_HYPOTHESIS = (
    "is_hypothesis_test",
    "is_hypothesis_strategy_function",
    "hypothesis_explicit_examples",
    "_hypothesis_internal_use_seed",
    "_hypothesis_internal_settings_applied",
    "_hypothesis_internal_use_reproduce_failure",
)
_TIMEOUT_HOOKS = ("pytest_timeout_set_timer", "pytest_timeout_cancel_timer")


class Unproved(Exception):
    """A fact is missing; says which."""


def fingerprint(folder=None):
    """Returns a hash of pytest's files whose behaviour the fused path repeats."""
    folder = folder or os.path.dirname(_pytest.__file__)
    found = hashlib.sha256()
    for name in FILES:
        found.update(_hash_of(os.path.join(folder, name)))
    return found.hexdigest()[:32]


def _hash_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def prove_session(session):
    """Raises Unproved where no item of a session may take the fused path."""
    config = session.config
    manager = config.pluginmanager
    option = config.option
    try:
        known = fingerprint() in KNOWN
    except OSError:
        known = False
    if not known:
        raise Unproved("this version of pytest is not one that it was tested with")
    if manager._inner_hookexec is not _multicall:
        raise Unproved("calls of hooks are traced")
    if type(session) is not main.Session or type(session._setupstate) is not runner.SetupState:
        raise Unproved("the session is not pytest's own")
    for name in ("usepdb", "trace", "setupshow", "setuponly", "setupplan"):
        if getattr(option, name, False):
            raise Unproved(f"option {name}")
    if float(config.getini("faulthandler_timeout") or 0.0) > 0:
        raise Unproved("faulthandler_timeout")
    _prove_logging(manager.getplugin("logging-plugin"))
    _prove_capture(manager.getplugin("capturemanager"))


def _prove_logging(plugin):
    if type(plugin) is not logging.LoggingPlugin:
        raise Unproved("the logging plugin is not pytest's own")
    if plugin.log_level is not None:
        raise Unproved("log_level")
    if type(plugin.log_cli_handler) is not logging._LiveLoggingNullHandler:
        raise Unproved("log_cli")
    for handler in (plugin.caplog_handler, plugin.report_handler):
        if type(handler) is not logging.LogCaptureHandler:
            raise Unproved("the handlers of the logging plugin are not pytest's own")


def _prove_capture(manager):
    if type(manager) is not capture.CaptureManager:
        raise Unproved("the capture manager is not pytest's own")
    whole = manager._global_capturing
    parts = {type(whole.out), type(whole.err)} if type(whole) is capture.MultiCapture else ()
    if parts not in ({capture.FDCapture}, {type(None)}):
        raise Unproved("capture method")


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
    for implementation, wanted in zip(found, expected):
        if not _is(implementation, wanted, name):
            raise Unproved(f"{name} of {module_of(implementation) or implementation.plugin_name}")
    if len(found) != len(expected):
        more = found[len(expected) :]
        raise Unproved(f"{name} of {module_of(more[0])}" if more else f"{name} lacks {expected}")


def _is_idle(config, implementation, name):
    """Whether an implementation does nothing for an item that may take the fused path."""
    plugin = implementation.plugin
    if type(plugin).__module__.startswith("hasten_worker."):
        return True
    if type(plugin) is LFPlugin:
        return _is(implementation, "_pytest.cacheprovider LFPlugin", name)
    module = module_of(implementation)
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
        module_of(each) in ("pytest_timeout", "hasten_worker.timers")
        for name in _TIMEOUT_HOOKS
        for each in getattr(config.hook, name).get_hookimpls()
    )


_known_files = {}


def _is_known_file(plugin):
    name = plugin.__name__
    if name not in _known_files:
        try:
            _known_files[name] = _hash_of(plugin.__file__).hex()[:32] in OTHERS[name]
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


class Facts:
    """What is true of items, folders and plugins, looked up again when something changed."""

    def __init__(self, session):
        self._config = session.config
        self._manager = session.config.pluginmanager
        self._capture = self._manager.getplugin("capturemanager")
        self._names = self._manager._name2plugin
        self._count = -1
        self._newest = None
        self.callers = {}  # of each phase, with its implementations
        self._around = None  # why no item may take the path
        self._proxies = {}
        self._parents = {}
        self._timeouts = self._hypothesis = False
        self.refused = {}
        self.chain = ()  # the parents of the item, each with its marks as they were
        self.keywords = ()  # the parents, each with the number of its keywords
        self.has_filters = False  # whether the item has marks of filters for warnings

    def allow(self, item):
        """Whether an item may take the fused path."""
        reason = self._reason(item)
        if reason is None:
            return True
        self.refused[reason] = self.refused.get(reason, 0) + 1
        return False

    def still_hold(self, item):
        """Whether nobody added a plugin, or a mark that pytest would have to look at."""
        names = self._names
        if len(names) != self._count or next(reversed(names.values())) is not self._newest:
            return False
        for node, marks in self.chain:
            if node.own_markers != marks:
                return False
        for mark in item.own_markers:
            if mark.name in _MARKS:
                return False
        return self._manager._inner_hookexec is _multicall

    def before_call(self, item):
        """Does what hypothesis does before a test that is not its own; else returns False."""
        if not self._hypothesis or "hypothesis" not in sys.modules:
            return True
        core = sys.modules.get("hypothesis.core")
        if core is None or any(hasattr(item.obj, name) for name in _HYPOTHESIS):
            return False
        core.pytest_shows_exceptiongroups = core.running_under_pytest = True
        return True

    def _reason(self, item):
        if type(item) is not Function:
            return "it is not a plain test function"
        names = self._names
        if len(names) != self._count or next(reversed(names.values())) is not self._newest:
            self._look_again()
        if self._manager._inner_hookexec is not _multicall:
            return "calls of hooks are traced"
        if self._around is not None:
            return self._around
        proxy = item.ihook
        if proxy not in self._proxies:
            self._proxies[proxy] = _why_not(prove_proxy, self._config, proxy)
        if self._proxies[proxy] is not None:
            return self._proxies[proxy]
        known = self._parents.get(item.parent)
        if known is None or any(node.own_markers != marks for node, marks in known[0]):
            known = self._look_at_parents(item)
        self.chain, reason, self.has_filters, self.keywords = known
        if item.own_markers:
            names = {mark.name for mark in item.own_markers}
            reason = reason or self._reason_in(names)
            self.has_filters = self.has_filters or "filterwarnings" in names
        if reason is None and "twisted.trial.unittest" in sys.modules:
            reason = "twisted"
        if reason is None and self._capture._capture_fixture:
            reason = "a capture fixture of another scope"
        if reason is None and self._hypothesis and any(hasattr(item.obj, n) for n in _HYPOTHESIS):
            reason = "it is a test of hypothesis"
        return reason

    def _reason_in(self, names):
        if names & _MARKS:
            return "it has a mark that pytest looks at"
        if self._timeouts and "timeout" in names:
            return "it has a time limit"
        return None

    def _look_again(self):
        names = self._names
        self._count, self._newest = len(names), next(reversed(names.values()))
        self._proxies.clear()
        self._parents.clear()
        for when in ("setup", "call", "teardown"):
            caller = getattr(self._config.hook, "pytest_runtest_" + when)
            self.callers[when] = caller, caller._hookimpls[:]
        self._timeouts = "pytest_timeout" in sys.modules
        self._hypothesis = "_hypothesis_pytestplugin" in sys.modules
        self._around = _why_not(prove_protocol, self._config)

    def _look_at_parents(self, item):
        chain = [(node, node.own_markers[:]) for node in item.listchain()[:-1]]
        names = {mark.name for _, marks in chain for mark in marks}
        keywords = [(node, len(node.keywords._markers)) for node, _ in reversed(chain)]
        known = chain, self._reason_in(names), "filterwarnings" in names, keywords
        self._parents[item.parent] = known
        return known


def _why_not(prove, *arguments):
    try:
        prove(*arguments)
    except Unproved as reason:
        return str(reason)
    return None
