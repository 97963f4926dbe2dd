"""Collection of plain test functions, without work whose result is known.

For each function pytest makes a definition, the closure of its fixtures, and an object that
plugins may parametrize. Where nobody can parametrize a function, all of that comes out as it did
for another one with the same arguments in the same class or module, so it is copied from there.
docs/design/collection.md says when, and why that is equal.
"""

from types import FunctionType

from _pytest import compat, fixtures, nodes, python
from _pytest.mark.structures import Mark
from _pytest.python import Class, Function, Module, PyCollector
from _pytest.scope import Scope

from hasten_worker.inspection import known_pytest
from hasten_worker.inspection.hooks import others

# What the shortcuts do in the place of, or rely on.
_OWN = {
    PyCollector: ("collect", "_genfunctions", "istestfunction"),
    Function: ("__init__", "from_parent"),
    fixtures.FixtureManager: ("getfixtureinfo", "getfixtureclosure", "pytest_generate_tests"),
    python: ("pytest_generate_tests", "pytest_pycollect_makeitem"),
    python.Metafunc: ("__init__", "parametrize"),
    fixtures: ("reorder_items",),
    compat: ("getfuncargnames",),
    nodes.Node: ("iter_markers_with_node", "listchain"),
}
_GENERATE = ("_pytest.python", "_pytest.fixtures")
# Plugins that change what was made of a function, but not its fixtures or marks before that.
_MAKEITEM = ("_pytest.python", "_pytest.unittest", "pytest_asyncio.plugin", "anyio.pytest_plugin")
_LOOKED_AT = frozenset(("parametrize", "usefixtures"))
_NO_SCOPES = {"?": None}  # of something that only looks like pytest's
_HIDES_SIGNATURE = frozenset(("__wrapped__", "__signature__"))


class Shortcuts:
    """Puts the shortcuts in the place of pytest's functions, as a context."""

    def __init__(self):
        self._known = (
            known_pytest.is_known()
            and known_pytest.replaced(_OWN) is None
            and fixtures.getfuncargnames is compat.getfuncargnames
        )
        self._functions = {}  # of each collector: see `_Functions`
        self._generate = PyCollector._genfunctions
        self._reorder = fixtures.reorder_items

    def __enter__(self):
        if self._known:
            shortcuts = self

            def _genfunctions(collector, name, funcobj):
                return shortcuts.items_of(collector, name, funcobj)

            PyCollector._genfunctions = _genfunctions
            fixtures.reorder_items = self._reorder_items

    def __exit__(self, *_):
        if self._known:
            PyCollector._genfunctions = self._generate
            fixtures.reorder_items = self._reorder
        self._functions.clear()

    def items_of(self, collector, name, function):
        """Returns the items of a function."""
        functions = self._functions.get(collector)
        if functions is None:
            functions = self._functions[collector] = _Functions(collector)
        made = functions.make(name, function)
        if made is not None:
            return made
        found = list(self._generate(collector, name, function))
        functions.learn(name, function, found)
        return found

    def _reorder_items(self, items):
        """pytest sorts by parameters of wider scopes: where there are none, nothing moves."""
        for item in items:
            spec = getattr(item, "callspec", None)
            if spec is not None:
                for scope in getattr(spec, "_arg2scope", _NO_SCOPES).values():
                    if scope is not Scope.Function:
                        return self._reorder(items)
        return list(dict.fromkeys(items))


class _Functions:
    """The functions of a module or class."""

    def __init__(self, collector):
        self._collector = collector
        self._class = None
        self._infos = {}  # names of arguments -> FuncFixtureInfo
        self._plain = self._look()

    def make(self, name, function):
        """Returns the items, or None where pytest has to make them."""
        arguments = self._arguments(name, function)
        known = self._infos.get(arguments)
        if known is None or not _is_unmarked(function):
            return None
        info = type(known)(
            arguments,
            known.initialnames,
            known.names_closure[:],
            known.name2fixturedefs.copy(),
        )
        return [Function.from_parent(self._collector, name=name, fixtureinfo=info)]

    def learn(self, name, function, items):
        """Takes notice of what pytest made of a function."""
        arguments = self._arguments(name, function)
        if arguments is None or not _is_unmarked(function):
            return
        if len(items) == 1 and type(items[0]) is Function and not hasattr(items[0], "callspec"):
            info = items[0]._fixtureinfo
            if info.argnames == arguments:
                # A copy: plugins append to the list of an item.
                self._infos[arguments] = type(info)(
                    arguments,
                    info.initialnames,
                    info.names_closure[:],
                    info.name2fixturedefs.copy(),
                )

    def _look(self):
        """Whether nobody but a fixture can parametrize these functions."""
        collector = self._collector
        if type(collector) not in (Module, Class):
            return False
        hook = collector.ihook
        if others(hook.pytest_generate_tests, _GENERATE) or others(
            hook.pytest_pycollect_makeitem, _MAKEITEM
        ):
            return False
        owners = [collector.getparent(Module).obj]
        parent = collector.getparent(Class)
        if parent is not None:
            self._class = parent.obj
            owners.append(self._class)
        if any(hasattr(owner, "pytest_generate_tests") for owner in owners):
            return False
        return all(mark.name not in _LOOKED_AT for mark in collector.iter_markers())

    def _arguments(self, name, function):
        """Returns what `getfuncargnames` does for a plain function, or None for another one."""
        if not self._plain or type(function) is not FunctionType:
            return None
        if not _HIDES_SIGNATURE.isdisjoint(function.__dict__):
            return None
        code = function.__code__
        if code.co_posonlyargcount:  # pytest 7 and 8 count them differently
            return None
        names, count = code.co_varnames, code.co_argcount
        found = names[: count - len(function.__defaults__ or ())]
        if code.co_kwonlyargcount:
            defaults = function.__kwdefaults__ or ()
            more = names[count : count + code.co_kwonlyargcount]
            found += tuple(each for each in more if each not in defaults)
        if self._class is not None:
            if _static(self._class, name) is not function:
                return None
            found = found[1:]
        return found


def _static(owner, name):
    """Returns what a class has under a name, without binding it."""
    for base in owner.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def _is_unmarked(function):
    """Whether no mark of a function changes its fixtures or parameters."""
    marks = function.__dict__.get("pytestmark")
    if marks is None:
        return True
    if type(marks) is not list:
        return False
    return all(type(mark) is Mark and mark.name not in _LOOKED_AT for mark in marks)
