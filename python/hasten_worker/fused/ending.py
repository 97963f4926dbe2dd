"""The end of a phase that turned out not to be silent: pytest's hooks, around a body that is done.

The hooks of the phase are called as pytest calls them. Where they would run the body, the state
is put in place that it left behind, and its exception is raised. So sections, reports, frames of
tracebacks and the order of it all are pytest's own.
"""

import os
import sys

import pytest
from _pytest import runner, timing

_VARIABLE = "PYTEST_CURRENT_TEST"
_LAST = ("last_type", "last_value", "last_traceback", "last_exc")


class Ending:
    """Ends phases; also a plugin, which mends tracebacks before a report is made of them."""

    def __init__(self, session, facts, handlers, strays):
        self._state = session._setupstate
        self._facts = facts
        self._strays = strays
        self._handlers = (handlers.caplog, handlers.log)
        self._rest = None  # the part of a traceback that belongs where the body was
        self._error = None  # what the body raised

    def end(self, item, when, keywords, error, begun, marks):
        """Calls the hooks of the phase; returns the report."""
        done = self._body(item, when, error, marks)
        owner, name = {
            "setup": (self._state, "setup"),
            "call": (item, "runtest"),
            "teardown": (self._state, "teardown_exact"),
        }[when]
        before = vars(owner).get(name)
        setattr(owner, name, done)
        for handler in self._handlers:
            handler.reset = _nothing
        answers = _answer_once("time", begun[0]), _answer_once("perf_counter", begun[1])
        if error is not None:
            self._error = error
            self._rest = error.__traceback__.tb_next  # without the frame that called the body
        error = None
        try:
            return runner.call_and_report(item, when, **keywords)
        except BaseException as raised:
            self._mend(raised)
            raise
        finally:
            self._error = self._rest = None
            for forget in answers:
                forget()
            for handler in self._handlers:
                vars(handler).pop("reset", None)
            if vars(owner).get(name) is done:
                delattr(owner, name)
                if before is not None:
                    setattr(owner, name, before)

    def _body(self, item, when, error, marks):
        """Returns what takes the place of the body of a phase."""
        environment = os.environ.get(_VARIABLE)
        last = {name: getattr(sys, name) for name in _LAST if hasattr(sys, name)}
        caller, implementations = self._facts.callers[when]
        later = caller._hookimpls
        if later != implementations:  # a plugin that comes later has no part in this phase
            caller._hookimpls = implementations[:]
        now = [(node, node.own_markers[:]) for node, _ in marks]
        for node, before in marks:
            node.own_markers[:] = before

        def hasten_body(*_):
            nonlocal error
            caller._hookimpls = later
            for node, after in now:
                node.own_markers[:] = after
            if environment is None:
                os.environ.pop(_VARIABLE, None)
            else:
                os.environ[_VARIABLE] = environment
            if when == "call":
                vars(sys).update(last)
            self._strays.replay()
            if error is not None:
                raised, error = error, None
                try:
                    raise raised.with_traceback(None)
                finally:
                    del raised

        return hasten_body

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call):
        if call.excinfo is not None:
            self._mend(call.excinfo.value)

    def _mend(self, raised):
        """Puts the rest of the traceback where the body was called."""
        if self._error is None:
            return
        self._mend_from(raised.__traceback__)
        # Another exception may have come of it, which has it as its context.
        self._mend_from(self._error.__traceback__)

    def _mend_from(self, entry):
        while entry is not None:
            following = entry.tb_next
            if following is not None and following.tb_frame.f_code.co_name == "hasten_body":
                entry.tb_next = self._rest
                if getattr(sys, "last_traceback", None) is following:
                    sys.last_traceback = self._rest
            entry = entry.tb_next


def _nothing():
    pass


def _answer_once(name, value):
    """Lets the next question for the time be answered by when the phase began.

    Returns what takes the answer back.
    """
    before = getattr(timing, name)

    def answer():
        setattr(timing, name, before)
        return value

    def forget():
        if getattr(timing, name) is answer:
            setattr(timing, name, before)

    setattr(timing, name, answer)
    return forget
