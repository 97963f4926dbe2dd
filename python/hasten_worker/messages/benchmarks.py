"""pytest-benchmark where workers run the tests.

Under pytest-xdist it measures nothing, since other tests run beside it. Here tests that use its
fixture run alone, as those with the mark ``serial`` do, so they are measured as in one process.
What was measured goes to main with the test's last report: the plugin's session there shows,
compares and saves it.
"""

import bisect
import os
import sys
import types
import warnings

import pytest

from hasten_worker import roles
from hasten_worker.messages.node_values import from_text, to_text
from hasten_worker.messages.values import Opaque

_BENCHMARKS = "$benchmarks"
_DEPTH = 20
_PLAIN = ((int, int.__int__), (float, float.__float__), (str, str.__str__))


class MeasureInWorker:
    """A plugin of processes with a worker's identity."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        if _replace_session(config, _in_worker):
            config.pluginmanager.register(_NoteWhatRunsBeside())


class _NoteWhatRunsBeside:
    """A plugin where there is pytest-benchmark: no other suite shall see its hook."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        session = _session(item.config)
        if session is not None:
            session.beside_others = not _is_benchmark(item)


class MeasureInMain:
    """A plugin of main's."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        _replace_session(config, _in_main)


def alone(items):
    """Returns the indexes of items that are measured, so that nothing may run beside them."""
    session = _session(items[0].config) if items else None
    if session is None or session.skip or session.disabled:
        return []
    return [index for index, item in enumerate(items) if _is_benchmark(item)]


def unsent(config):
    """Returns a list that has what was measured and not yet sent; empty for ever without one."""
    session = _session(config)
    return () if session is None else session.benchmarks


def note_benchmarks(data, config, report):
    """Adds to ``data``, a report for a wire, what the test has measured."""
    measured = unsent(config)
    if measured and report.when == "teardown":
        data[_BENCHMARKS] = to_text({"measured": [_state(each) for each in measured]})
        measured.clear()


class BenchmarksOfMain:
    """Hands to the plugin's session what workers have measured."""

    def __init__(self, config):
        self._session = _session(config)
        self._indexes = []  # of the items of what it has

    def take(self, data):
        """Takes it from a report's ``data``. In the order of the tests, as one process has it."""
        text = data.pop(_BENCHMARKS, None)
        if text is None or self._session is None:
            return
        for state in from_text(text)["measured"]:
            index = data["item_index"]
            position = bisect.bisect(self._indexes, index)
            self._indexes.insert(position, index)
            self._session.benchmarks.insert(position, _restored(state))


class _Measuring:
    """What our sessions of the plugin are."""


def _session(config):
    session = getattr(config, "_benchmarksession", None)
    return session if isinstance(session, _Measuring) else None


def _is_benchmark(item):
    return "benchmark" in getattr(item, "fixturenames", ())


def _replace_session(config, kind):
    module = sys.modules.get("pytest_benchmark.plugin")
    if module is None or not config.pluginmanager.is_registered(module):
        return False
    module.BenchmarkSession = kind(module.BenchmarkSession)
    return True


def _in_main(original):
    class Session(_Measuring, original):
        def __init__(self, config):
            # Else it takes us for pytest-xdist, and measures nothing.
            dist, config.option.dist = config.option.dist, "no"
            try:
                super().__init__(config)
            finally:
                config.option.dist = dist

    return Session


def _in_worker(original):
    class Session(_Measuring, original):
        beside_others = False  # other tests may run now

        def __init__(self, config):
            identity = {name: os.environ.pop(name) for name in roles.IDENTITY if name in os.environ}
            try:
                super().__init__(config)
            finally:
                os.environ.update(identity)
            # main does that.
            self.save = self.autosave = self.json = self.compare = None

        @property
        def disabled(self):
            """Asked when the fixture is made."""
            if self.beside_others and not self._disabled:
                warnings.warn(
                    pytest.PytestWarning(
                        "this benchmark is not measured, since other tests may run beside it: the "
                        "test gets the fixture by getfixturevalue. Name it among the arguments, or "
                        "use -n 0"
                    ),
                    stacklevel=2,
                )
                return True
            return self._disabled

        @disabled.setter
        def disabled(self, value):
            self._disabled = value

    return Session


def _state(measured):
    """Returns what the plugin has measured, as values that main can read."""
    state = dict(vars(measured))
    stats, profile = state.pop("stats"), state.pop("cprofile_stats", None)
    fixture = state.pop("fixture")
    state["options"] = {
        # The plugin shows their names.
        name: getattr(value, "__name__", value) if callable(value) else value
        for name, value in state["options"].items()
    }
    state = {name: _portable(value) for name, value in state.items()}
    if profile is not None:
        profile = {name: value for name, value in vars(profile).items() if name != "stream"}
    return state, stats.data, profile, fixture.has_error


def _restored(sent):
    """Returns it as the plugin keeps it."""
    state, data, profile, has_error = sent
    module = sys.modules["pytest_benchmark.stats"]
    measured = module.Metadata.__new__(module.Metadata)
    stats = module.Stats()
    stats.data = data
    if profile is not None:
        pstats = sys.modules["pstats"]  # of the plugin's; no other suite shall find it imported
        values, profile = profile, pstats.Stats.__new__(pstats.Stats)
        vars(profile).update(values, stream=sys.stdout)
    fixture = types.SimpleNamespace(has_error=has_error)
    vars(measured).update(state, stats=stats, cprofile_stats=profile, fixture=fixture)
    return measured


def _portable(value, depth=_DEPTH):
    """Returns ``value`` of built-in types: main has not imported the classes of tests.

    As JSON and texts show it, which is all that becomes of it.
    """
    if value is None or type(value) in (bool, bytes, complex):
        return value
    if depth:
        if isinstance(value, dict):
            return {_portable(key, 0): _portable(each, depth - 1) for key, each in value.items()}
        for kind in (list, tuple, set, frozenset):
            if isinstance(value, kind):
                return kind(_portable(each, depth - 1) for each in value)
    for kind, plain in _PLAIN:
        if isinstance(value, kind):
            return plain(value)
    return Opaque.of(value)
