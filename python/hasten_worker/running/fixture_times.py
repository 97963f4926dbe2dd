"""How long each fixture takes to set up and to tear down, without the fixtures that it uses.

pytest calls the function of every fixture in `call_fixture_func`, and what tears it down in
`FixtureDef.finish`, whoever defined it and whichever plugin takes part. Calls of ours are woven
into these two.
"""

import ast
import os
import time
from functools import partial
from threading import get_ident

from _pytest import fixtures, python

from hasten_worker.inspection.weaving import between, weave
from hasten_worker.messages import records
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.running.fixture_names import fixture_name

_BEGINS, _FINISHES, _ENDS = (
    f"hasten_{name}" for name in ("begins_fixture", "finishes_fixture", "ends_fixture")
)
# Bound here: conftest files may put functions of their own in the place of pytest's.
_SETUP = fixtures.call_fixture_func
_FINISH = fixtures.FixtureDef.finish
_TEARDOWN = fixtures._teardown_yield_fixture
_DIRECT = "get_direct_param_fixture_func"
_OF_PARAMETER = getattr(python, _DIRECT, None) or getattr(fixtures, _DIRECT, None)  # pytest 7

_PYTESTS = fixtures.__name__

# Of a fixture of one test, what took this long is told each time.
_LONG = 0.005
# Seconds between two records.
_EVERY = 0.1
# A suite with more of them would fill the database with little else.
_MOST_SPANS = 10_000


def weave_into_pytest():
    """Lets pytest tell of its fixtures, in all processes that are forked from this one."""
    for name in (_BEGINS, _FINISHES, _ENDS):
        setattr(fixtures, name, _never)
    weave({_SETUP: _change_setup, _FINISH: _change_finish})


class FixtureTimes:
    """Takes the time, and tells the supervisor from time to time."""

    def __init__(self, journal, rootpath):
        self._journal = journal
        self._folder = os.path.join(rootpath, "")
        self._known = {}  # of each definition: its numbers, a list
        self._changed = []
        self._spans = []
        self._spans_left = _MOST_SPANS
        self._frames = 0  # records sent
        self.due = 0.0
        self._index = None  # of the item that runs
        self._stack = []  # fixtures that are set up or torn down now
        # Bound here: a plugin that freezes time replaces functions in modules.
        self._clock, self._now = time.time, time.perf_counter

    def listen(self):
        """Takes the time from now on, in this thread."""
        begins, finishes, ends = _clockwork(self._stack, self._known, self._change, self._add_span)
        setattr(fixtures, _BEGINS, begins)
        setattr(fixtures, _FINISHES, finishes)
        setattr(fixtures, _ENDS, ends)

    def begin_item(self, index):
        """The fixtures that follow are set up or torn down for this item."""
        self._index = None if index == NO_ITEM else index
        if self._stack:  # a signal handler has raised something in between
            self._stack.clear()

    def tell(self, now):
        """Commits a record, if there is something to tell."""
        self.due = now + _EVERY
        changed, self._changed = self._changed, []
        if not changed:
            return
        spans, self._spans = self._spans, []
        self._frames += 1
        message = {
            "number": self._frames,
            "totals": [numbers[1:] for numbers in changed],
            "spans": spans,
        }
        for numbers in changed:
            numbers[0] = False
            numbers[3:] = 0, 0.0, 0.0, 0.0
        payload = records.encode(message)
        self._journal.append(records.pack(NO_ITEM, records.FIXTURES, payload=payload))

    def _change(self, definition):
        """Returns the numbers of a fixture, which are about to change."""
        numbers = self._known.get(definition)
        if numbers is None:
            name, scope = fixture_name(definition, self._folder), definition.scope
            # Whether it changed, its name, its scope, setups, setup, teardown, longest setup.
            numbers = self._known[definition] = [False, name, scope, 0, 0.0, 0.0, 0.0]
        numbers[0] = True
        self._changed.append(numbers)
        return numbers

    def _add_span(self, numbers, is_teardown, start, own):
        if self._spans_left > 0:
            self._spans_left -= 1
            started = self._clock() - self._now() + start
            self._spans.append((*numbers[1:3], is_teardown, self._index, started, own))


def _clockwork(stack, known, change, add_span):
    """Returns what is called when a fixture's function or finalizer begins, and when it ends.

    The first two say whether the third is to be called. What a fixture does while another one is
    set up for it is the other one's.
    """
    now = time.perf_counter
    thread = get_ident()
    inner = 0.0  # seconds of what the innermost one has called

    def begins(request):
        nonlocal inner
        definition = getattr(request, "_fixturedef", None)
        if definition is None or definition.func is _OF_PARAMETER or get_ident() != thread:
            return False
        stack.append((definition, inner, False, now()))
        inner = 0.0
        return True

    def finishes(definition, finalizer):
        nonlocal inner
        function = finalizer.func if type(finalizer) is partial else finalizer
        if function is not _TEARDOWN and getattr(function, "__module__", "") == _PYTESTS:
            return False  # it finishes one that depends on it, or tells that it is finished
        if get_ident() != thread:
            return False
        stack.append((definition, inner, True, now()))
        inner = 0.0
        return True

    def ends():
        nonlocal inner
        end = now()
        if not stack:
            return
        definition, before, is_teardown, start = stack.pop()
        whole = end - start
        own = whole - inner
        inner = before + whole if stack else 0.0
        numbers = known.get(definition)
        if numbers is None or not numbers[0]:
            numbers = change(definition)
        if is_teardown:
            numbers[5] += own
        else:
            numbers[3] += 1
            numbers[4] += own
            if own > numbers[6]:
                numbers[6] = own
        if own >= _LONG or numbers[2] != "function":
            add_span(numbers, is_teardown, start, own)

    return begins, finishes, ends


def _never(*_):
    return False


def _change_setup(definition):
    if [each.arg for each in definition.args.args][:2] != ["fixturefunc", "request"]:
        return False
    definition.body = [between(_BEGINS, ("request",), definition.body, _ENDS)]
    return True


def _change_finish(definition):
    """Finds the call of a finalizer: ``func()``, of a name, in the loop over them."""
    for loop in ast.walk(definition):
        if isinstance(loop, ast.While) and ast.unparse(loop.test) == "self._finalizers":
            for node in ast.walk(loop):
                body = getattr(node, "body", None)
                if isinstance(body, list) and _weave_call(body):
                    return True
    return False


def _weave_call(body):
    for place, statement in enumerate(body):
        if (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Call)
            and isinstance(statement.value.func, ast.Name)
            and not statement.value.args
        ):
            variables = "self", statement.value.func.id
            body[place] = between(_FINISHES, variables, [statement], _ENDS)
            return True
    return False
