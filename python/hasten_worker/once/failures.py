"""The failure of a fixture that another worker has set up: the same exception, the same text."""

import pickle

import pytest
from _pytest._code.code import ExceptionInfo

from hasten_worker.inspection.hooks import hook_wrapper

# `pickle` does not find these: they say that they are builtins.
_OUTCOMES = {
    "skip": pytest.skip.Exception,
    "xfail": pytest.xfail.Exception,
    "fail": pytest.fail.Exception,
}
_PLAIN = (str, int, bool, type(None))


def pack(error, item):
    """Returns a failure as bytes, with what pytest shows of it."""
    info = ExceptionInfo((type(error), error, error.__traceback__), _ispytest=True)
    shown = item._repr_failure_py(info, style=item.config.getoption("tbstyle", "auto"))
    try:
        shown = pickle.dumps(shown)
    except Exception:
        shown = pickle.dumps(str(shown))
    return pickle.dumps((_of_outcome(error), _of_any(error), _named(error), shown))


def unpack(data):
    """Returns the exception, and what pytest has shown of it."""
    outcome, pickled, (module, name, text), shown = pickle.loads(data)
    if outcome is not None:
        error = _OUTCOMES[outcome[0]]()
        vars(error).update(outcome[1])
        error.args = outcome[2]
    else:
        error = _restored(pickled)
    if error is None:
        error = type(name, (Exception,), {"__module__": module})(text)
    return error, pickle.loads(shown)


class Failures:
    """A plugin that shows failures of others as these have shown them."""

    def __init__(self):
        self._shown = []  # exceptions, each with what is shown of it

    def raised(self, error, shown):
        """An exception is about to be raised."""
        self._shown = [*self._shown[-1:], (error, shown)]

    # The innermost wrapper: others see the report as it will be.
    @hook_wrapper(trylast=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        error = call.excinfo and call.excinfo.value
        for known, shown in self._shown:
            if known is error and report.outcome == "failed":
                report.longrepr = shown
        return report


def _of_outcome(error):
    for name, kind in _OUTCOMES.items():
        if type(error) is kind:
            plain = {k: v for k, v in vars(error).items() if isinstance(v, _PLAIN)}
            return name, plain, tuple(map(str, error.args))
    return None


def _of_any(error):
    try:
        return pickle.dumps(error)
    except Exception:
        return None


def _restored(pickled):
    try:
        error = pickle.loads(pickled)
    except Exception:
        return None
    return error if isinstance(error, Exception) else None


def _named(error):
    try:
        text = str(error)
    except Exception:
        text = "<unprintable error>"
    return type(error).__module__, type(error).__qualname__, text
