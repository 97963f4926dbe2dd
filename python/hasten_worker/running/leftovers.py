"""Whether fixtures of class, module, package or session scope are set up that have a teardown.

A worker that dies takes them along. The supervisor reads this in the journal, and says so.
"""

from _pytest.fixtures import FixtureDef


class Leftovers:
    """Keeps the word in the journal right, at little cost: nothing is searched once it is set."""

    def __init__(self, session, journal):
        self._state = session._setupstate
        self._journal = journal
        self._witness = None  # a node of the stack that has some, with its entry

    def look(self, item):
        """The item may have set some up, or was torn down with some."""
        witness = self._witness
        if witness is not None:
            if self._state.stack.get(witness[0]) is witness[1]:
                return
        elif not getattr(item, "fixturenames", None):
            return
        found = self._search(item)
        if (found is None) != (witness is None):
            self._journal.set_wide_fixtures(found is not None)
        self._witness = found

    def _search(self, item):
        for node, entry in self._state.stack.items():
            if node is not item:
                for finalizer in entry[0][1:]:  # the first is the node's own
                    if _has_teardown(finalizer):
                        return node, entry
        return None


def _has_teardown(finalizer):
    """Whether something of the user's would run: most fixtures only return a value."""
    definition = _definition_of(finalizer)
    if definition is None:
        return True
    return any(map(is_own, getattr(definition, "_finalizers", ())))


def _definition_of(finalizer):
    """Returns the fixture that a finalizer of a node finishes."""
    owner = getattr(getattr(finalizer, "func", None), "__self__", None)
    if owner is None and getattr(finalizer, "__module__", "") == "_pytest.fixtures":  # pytest 7
        names = getattr(getattr(finalizer, "__code__", None), "co_freevars", ())
        if "fixturedef" in names:
            owner = finalizer.__closure__[names.index("fixturedef")].cell_contents
    return owner if isinstance(owner, FixtureDef) else None


def is_own(finalizer):
    """Whether a finalizer of a fixture is its own: others finish fixtures that depend on it."""
    function = getattr(finalizer, "func", finalizer)
    if isinstance(getattr(function, "__self__", None), FixtureDef):
        return False
    module = getattr(function, "__module__", None) or ""
    if module.startswith("hasten_worker."):
        return False
    return not (module == "_pytest.fixtures" and getattr(function, "__name__", "") == "<lambda>")
