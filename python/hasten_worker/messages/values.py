"""Reports as JSON and back, without the losses that JSON has."""

import io

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

_TUPLE = "$tuple"
_PAIRS = "$pairs"
_OPAQUE = "$opaque"
_SET = "$set"
_FROZENSET = "$frozenset"
_BYTES = "$bytes"
_COMPLEX = "$complex"
_TAGS = (_TUPLE, _PAIRS, _OPAQUE, _SET, _FROZENSET, _BYTES, _COMPLEX)
_PLAIN = (str, int, float, bool, type(None))
_SETS = {set: _SET, frozenset: _FROZENSET}
# Fields that pytest itself writes, with values that JSON knows or that are restored below.
_KNOWN = frozenset(
    (
        *("nodeid", "location", "keywords", "outcome", "longrepr", "when", "sections"),
        *("duration", "start", "stop", "result", "$report_type", "wasxfail"),
    )
)


def complete(data, report):
    """Adds to ``data``, made by ``pytest_report_to_serializable``, what would be lost."""
    for name, value in data.items():
        if name == "user_properties":
            data[name] = [_tagged_pair(pair) for pair in value]
        elif name not in _KNOWN:
            data[name] = _tagged(value)
    longrepr = report.longrepr
    if isinstance(data.get("longrepr"), str) and hasattr(longrepr, "toterminal"):
        # pytest keeps nothing but the text: neither colours nor that there is no crash line.
        data["$rendered"] = _render(longrepr)
    return data


def restore(data):
    """Makes ``data`` what it was before it became JSON; call it before pytest reads it."""
    for name, value in data.items():
        if name == "user_properties":
            data[name] = [_untagged_pair(pair) for pair in value]
        elif name not in _KNOWN:
            data[name] = _untagged(value)
    if isinstance(data.get("location"), list):
        data["location"] = tuple(data["location"])
    if isinstance(data.get("longrepr"), list):
        data["longrepr"] = tuple(data["longrepr"])
    data["sections"] = [tuple(section) for section in data.get("sections") or ()]
    rendered = data.pop("$rendered", None)
    return None if rendered is None else Rendered(data["longrepr"], rendered)


class Rendered(TerminalRepr):
    """A representation of an error that another process has put into words."""

    def __init__(self, text, coloured):
        self._text = text
        self._coloured = coloured

    def __str__(self):
        return self._text

    def toterminal(self, tw):
        if tw.hasmarkup:
            tw.write(self._coloured)
        else:
            tw.line(self._text)


def _render(longrepr):
    file = io.StringIO()
    writer = TerminalWriter(file)
    writer.hasmarkup = True
    longrepr.toterminal(writer)
    return file.getvalue()


def _tagged_pair(pair):
    # Names and values are read by others, too, who know nothing of our tags.
    if isinstance(pair, tuple) and len(pair) == 2:
        return [pair[0], _tagged(pair[1])]
    return _tagged(pair)


def _untagged_pair(pair):
    if isinstance(pair, list) and len(pair) == 2:
        return pair[0], _untagged(pair[1])
    return _untagged(pair)


def _tagged(value, depth=20):
    if depth and isinstance(value, tuple):
        return {_TUPLE: [_tagged(part, depth - 1) for part in value]}
    if depth and isinstance(value, list):
        return [_tagged(part, depth - 1) for part in value]
    if depth and isinstance(value, dict):
        if all(type(key) is str and key not in _TAGS for key in value):
            return {key: _tagged(part, depth - 1) for key, part in value.items()}
        return {_PAIRS: [[_tagged(key, 1), _tagged(value[key], depth - 1)] for key in value]}
    if type(value) in _PLAIN:
        return value
    if depth and type(value) in _SETS:
        return {_SETS[type(value)]: [_tagged(part, depth - 1) for part in value]}
    if type(value) is bytes:
        return {_BYTES: value.hex()}
    if type(value) is complex:
        return {_COMPLEX: [value.real, value.imag]}
    shown = Opaque.of(value)
    return {_OPAQUE: [str(shown), repr(shown)]}


def _words(function, value):
    try:
        return function(value)
    except Exception as error:
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


class Opaque:
    """A value that cannot travel, in the words that it had for itself."""

    def __init__(self, text, representation):
        self._text = text
        self._representation = representation

    @classmethod
    def of(cls, value):
        """Returns what shows ``value``."""
        return cls(_words(str, value), _words(repr, value))

    def __str__(self):
        return self._text

    def __repr__(self):
        return self._representation


def _untagged(value):
    if isinstance(value, list):
        return [_untagged(part) for part in value]
    if isinstance(value, dict):
        if len(value) == 1:
            if _TUPLE in value:
                return tuple(_untagged(part) for part in value[_TUPLE])
            if _OPAQUE in value:
                return Opaque(*value[_OPAQUE])
            if _PAIRS in value:
                return {_untagged(key): _untagged(part) for key, part in value[_PAIRS]}
            for kind, tag in _SETS.items():
                if tag in value:
                    return kind(map(_untagged, value[tag]))
            if _BYTES in value:
                return bytes.fromhex(value[_BYTES])
            if _COMPLEX in value:
                return complex(*value[_COMPLEX])
        return {key: _untagged(part) for key, part in value.items()}
    return value
