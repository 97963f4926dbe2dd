"""Facts about items, folders and plugins, on which depends whether an item takes the fused path."""

import sys

from _pytest.python import Function
from pluggy._callers import _multicall

from hasten_worker.fused.proofs import Unproved, prove_protocol, prove_proxy
from hasten_worker.inspection.reasons import Reason

_NOSE = ("setup", "teardown")
_MARKS = frozenset(("skip", "skipif", "xfail"))
_TRACED = Reason("traced")
_REPORTED = Reason("reported")
_CAPTURE = Reason("capture-fixture")
_TWISTED = Reason("twisted")
_OF_NOSE = Reason("nose")
_OF_HYPOTHESIS = Reason("hypothesis")
_LIMIT = Reason("limit")
# What tells hypothesis's plugin that a test is its own, or was meant to be.
_HYPOTHESIS = (
    "is_hypothesis_test",
    "is_hypothesis_strategy_function",
    "hypothesis_explicit_examples",
    "_hypothesis_internal_use_seed",
    "_hypothesis_internal_settings_applied",
    "_hypothesis_internal_use_reproduce_failure",
)


class Facts:
    """What is true of items, folders and plugins, looked up again when something changed."""

    def __init__(self, session, on_change):
        self._on_change = on_change
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
        self._timeouts = self._hypothesis = self._nose = False
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
            return Reason("class", f"{type(item).__module__}.{type(item).__qualname__}")
        names = self._names
        if len(names) != self._count or next(reversed(names.values())) is not self._newest:
            self._look_again()
        if self._manager._inner_hookexec is not _multicall:
            return _TRACED
        if self._around is not None:
            return self._around
        proxy = item.ihook
        if proxy not in self._proxies:
            self._proxies[proxy] = _why_not(prove_proxy, self._config, proxy)
        return self._proxies[proxy] or self._reason_of_item(item)

    def _reason_of_item(self, item):
        known = self._parents.get(item.parent)
        if known is None:
            known = self._look_at_parents(item)
        for node, marks in known[0]:
            if node.own_markers != marks:
                known = self._look_at_parents(item)
                break
        self.chain, reason, self.has_filters, self.keywords = known
        if item.own_markers:
            names = {mark.name for mark in item.own_markers}
            reason = reason or self._reason_in(names)
            self.has_filters = self.has_filters or "filterwarnings" in names
        return reason or self._reason_now(item)

    def _reason_now(self, item):
        if item.user_properties or item._report_sections:
            return _REPORTED
        if self._capture._capture_fixture:
            return _CAPTURE
        if "twisted.trial.unittest" in sys.modules:
            return _TWISTED
        if self._nose and any(hasattr(item.obj, name) for name in _NOSE):
            return _OF_NOSE
        if self._hypothesis and any(hasattr(item.obj, name) for name in _HYPOTHESIS):
            return _OF_HYPOTHESIS
        return None

    def _reason_in(self, names):
        found = names & _MARKS
        if found:
            return Reason("mark", ", ".join(sorted(found)))
        if self._timeouts and "timeout" in names:
            return _LIMIT
        return None

    def _look_again(self):
        names = self._names
        self._count, self._newest = len(names), next(reversed(names.values()))
        self._proxies.clear()
        self._parents.clear()
        self._on_change()
        for when in ("setup", "call", "teardown"):
            caller = getattr(self._config.hook, "pytest_runtest_" + when)
            self.callers[when] = caller, caller._hookimpls[:]
        self._timeouts = "pytest_timeout" in sys.modules
        self._hypothesis = "_hypothesis_pytestplugin" in sys.modules
        self._nose = self._manager.hasplugin("nose")  # before pytest 8
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
    except Unproved as doubt:
        return doubt.reason
    return None
