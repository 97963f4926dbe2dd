"""Phases of an item in which nothing runs but pytest's own code.

A test without fixtures has nothing to do in its setup, and in its teardown when the next item has
the same parent. Nobody can print, log, warn or look around there, so what pytest puts up around a
phase for that is not needed. docs/design/fused-protocol.md says when.
"""

from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE
from types import FunctionType, MethodType

from hasten_worker.inspection.hooks import module_of

# A plugin may have put functions of its own in their place, for this item.
_METHODS = frozenset(("setup", "teardown"))
_NOT_PLAIN = CO_ASYNC_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE


class Bare:
    """Tells which phases of an item are bare, and calls its function as pytest would."""

    def __init__(self, session):
        self._session = session
        self._state = session._setupstate
        self._direct = {}  # of each proxy of hooks, whether only pytest calls functions
        self._full_trace = bool(session.config.getoption("fulltrace", False))

    def forget(self):
        """Another plugin came or went."""
        self._direct.clear()

    def setup_of(self, item, parents):
        """Whether no fixture is set up, and no parent either."""
        if item.fixturenames or not _METHODS.isdisjoint(item.__dict__):
            return False
        stack = self._state.stack
        if len(stack) != len(parents) or next(reversed(stack), None) is not item.parent:
            return False
        for node, _ in parents:
            entry = stack.get(node)
            if entry is None or entry[1] is not None:  # its setup has failed
                return False
        return True

    def teardown_of(self, item, following):
        """Whether the item alone is taken down, and nobody waits for that."""
        if following is None or following.parent is not item.parent:
            return False
        entry = self._state.stack.get(item)
        return entry is not None and len(entry[0]) == 1

    def call(self, item):
        """Does what ``item.runtest()`` does; returns what was raised.

        Where only pytest implements the hook in between, the function is called at once. If it
        raises or returns something, the hook is called with that in the place of the function.
        """
        function = item.obj
        if not self._may_call(item, function):
            return _error_of(item)
        values = item.funcargs
        values = {name: values[name] for name in item._fixtureinfo.argnames}
        result = error = None
        try:
            result = function(**values)
        except BaseException as caught:
            error = caught
        if result is None and error is None:
            return None
        before = item._obj  # which a test may have replaced
        item._obj = _ended(result, error)
        try:
            error = _error_of(item)
        finally:
            item._obj = before
        if error is not None:
            _drop_stand_in(error.__traceback__)
        return error

    def _may_call(self, item, function):
        if "runtest" in item.__dict__:
            return False
        plain = function.__func__ if type(function) is MethodType else function
        if type(plain) is not FunctionType or plain.__code__.co_flags & _NOT_PLAIN:
            return False
        if plain.__dict__ and (len(plain.__dict__) > 1 or "pytestmark" not in plain.__dict__):
            return False
        proxy = item.ihook
        direct = self._direct.get(proxy)
        if direct is None:
            implementations = proxy.pytest_pyfunc_call.get_hookimpls()
            direct = not self._full_trace and [*map(module_of, implementations)] == [
                "_pytest.python"
            ]
            self._direct[proxy] = direct
        return direct


def _error_of(item):
    """Calls the hook; returns what was raised."""
    try:
        item.runtest()
    except BaseException as caught:
        return caught
    return None


def _drop_stand_in(entry):
    """Takes the function that only repeated an error out of its traceback."""
    while entry is not None:
        following = entry.tb_next
        if following is not None and following.tb_frame.f_code is _STAND_IN:
            entry.tb_next = following.tb_next
            return
        entry = following


def _ended(result, error):
    """Returns a function that has ended like this."""
    rest = error and error.__traceback__.tb_next

    def hasten_call(**_):
        nonlocal error
        if error is None:
            return result
        raised, error = error, None
        try:
            raise raised.with_traceback(rest)
        finally:
            del raised

    return hasten_call


_STAND_IN = _ended(None, None).__code__
