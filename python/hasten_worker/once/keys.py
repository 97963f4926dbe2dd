"""What a fixture is called in all processes, and what its value depends on."""

import hashlib
import pickle

from hasten_worker.running.fixture_names import fixture_name

_SHOWN = (str, int, float)
_LONGEST = 40


class Unshared(Exception):
    """Why each worker has to set a fixture up for itself."""


def definitions_of(manager):
    """Returns all definitions of fixtures that pytest has found."""
    if hasattr(manager, "_get_all_fixture_defs"):  # since pytest 9.2
        return list(manager._get_all_fixture_defs())
    return [each for found in manager._arg2fixturedefs.values() for each in found]


class Identity:
    """A definition, and what it is called in all processes."""

    def __init__(self, definition, folder):
        function = definition.func
        base = definition.baseid
        self._definition = definition
        self.name = fixture_name(definition, folder)
        self._rest = (
            base if isinstance(base, str) else "",
            getattr(function, "__module__", None) or "",
            getattr(function, "__qualname__", None) or "",
        )
        self._plain = _joined(self.name, *self._rest)

    def key(self, request, shared):
        """Returns a text that is the same in all processes, for the parameters of this request.

        Its first line is the name to show. ``shared`` has the definitions that are set up once.
        """
        callspec = getattr(request._pyfuncitem, "callspec", None)
        if callspec is None or not callspec.params:
            return self._plain
        name, definition = self.name, self._definition
        parts = []
        if hasattr(request, "param"):
            name += f"[{_shown(request)}]"
            parts.append(_digest(definition.argname, request.param))
        for used, value in _parameters(definition, request, callspec, shared):
            parts.append(f"{used}={_digest(used, value)}")
        return _joined(name, *self._rest, *parts)


def _joined(*parts):
    return "\n".join(part.replace("\n", " ") for part in parts)


def uses(names, known, leaves=()):
    """Returns these names of fixtures, with those that they ask for by arguments, and they in turn.

    ``known`` has the definitions of each name; what those in ``leaves`` ask for does not count.
    """
    found = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for each in known.get(name) or ():
                if each not in leaves:
                    waiting.extend(each.argnames)
    return found


def _parameters(definition, request, callspec, shared):
    """Yields the parameters of fixtures that it uses: with others its value would be another."""
    known = request._arg2fixturedefs
    for name in sorted(uses(definition.argnames, known) & callspec.params.keys()):
        if name == definition.argname:
            continue
        if not all(each in shared for each in known.get(name) or ()):
            raise Unshared(f"it uses {name}, which has parameters and is not set up once per run")
        yield name, callspec.params[name]


def _digest(name, value):
    try:
        data = pickle.dumps(value, 4)
    except Exception as error:
        raise Unshared(f"a parameter of {name} cannot be pickled ({describe(error)})")
    return hashlib.sha256(data).hexdigest()[:16]


def _shown(request):
    value = request.param
    text = str(value) if isinstance(value, _SHOWN) else str(request.param_index)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def describe(error):
    """Returns an exception as a line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
