"""Fixtures that a test only uses through others which are there already: they are not set up."""

import sys

from _pytest import fixtures

from hasten_worker.once.keys import uses

# Where pytest sets up all fixtures of a test, one after another, but those that have a value.
_FILL = getattr(fixtures, "TopRequest", fixtures.FixtureRequest)._fillfixtures.__code__


class LeftOut:
    """Finds them, and lets pytest leave them out."""

    def __init__(self):
        self._found = {}  # of the fixtures of tests, for which ones there are values

    def hide(self, request, given):
        """Does so for the test that asks; ``given`` are the definitions that have a value.

        pytest comes to fixtures that others use behind these.
        """
        item = request._pyfuncitem
        info, values = getattr(item, "_fixtureinfo", None), getattr(item, "funcargs", None)
        if info is None or values is None:
            return
        state = (len(info.names_closure), frozenset(given))
        known = self._found.get(id(info))
        if known is None or known[0] != state:
            known = state, _unneeded(info, request._arg2fixturedefs, given)
            self._found[id(info)] = known
        if known[1]:
            if not isinstance(values, _Values):
                values = item.funcargs = _Values(values)
            values.left_out = known[1]


class _Values(dict):
    """The values of a test's fixtures. For pytest, which sets up the others, more are there."""

    left_out = frozenset()

    def __contains__(self, name):
        if dict.__contains__(self, name):
            return True
        return name in self.left_out and sys._getframe(1).f_code is _FILL


def _unneeded(info, known, given):
    behind = uses([name for each in given for name in each.argnames], known)
    every = info.names_closure
    # Names that somebody has added to those that pytest found count, too.
    asked = {name for name in every if name not in behind or every.count(name) > 1}
    needed = uses(asked.union(info.initialnames), known, given)
    return frozenset(every) - needed
