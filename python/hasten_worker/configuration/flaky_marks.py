"""The mark ``flaky`` of pytest-rerunfailures, as COLLECTED has it."""

import importlib.util
import inspect
import os
import platform
import re
import sys

_KEYS = (
    "reruns",
    "reruns_delay",
    "reruns_delay_backoff_factor",
    "condition",
    "only_rerun",
    "rerun_except",
)
_NUMBERS = _KEYS[:3]


def add_flaky_marks(table, items, marked):
    """Adds to the rows of those items that have such a mark what it says."""
    for position in marked:
        mark = items[position].get_closest_marker("flaky")
        if mark is not None and _is_ours(mark):
            row = list(table[position])
            message = _message(items[position], mark)
            table[position] = [*row, *[None] * (4 - len(row)), message]


def _is_ours(mark):
    """Other plugins have a mark of this name: `flaky` (max_runs, …), pytest-retry (retries, …).

    So have suites, for a purpose of their own. One without a number of reruns is one of
    pytest-rerunfailures where that is installed.
    """
    if any(key in mark.kwargs for key in _KEYS):
        return True
    if mark.kwargs:
        return False
    if mark.args:
        return type(mark.args[0]) is int
    return importlib.util.find_spec("pytest_rerunfailures") is not None


def _message(item, mark):
    values = dict(zip(_NUMBERS, mark.args))
    values.update((key, mark.kwargs[key]) for key in _KEYS if key in mark.kwargs)
    try:
        if not _holds(item, values.get("condition", True)):
            return {}
        found = {"reruns": max(0, min(int(values.get("reruns", 1)), 1000000))}
        for key in _NUMBERS[1:]:
            if values.get(key) is not None:
                found[key] = min(max(0.0, float(values[key])), 1e9)
        for key in ("only_rerun", "rerun_except"):
            if values.get(key) is not None:
                found[key] = _patterns(values[key])
        return found
    except Exception as error:
        return {"error": f"its mark flaky cannot be read: {type(error).__name__}: {error}"}


def _holds(item, condition):
    if isinstance(condition, str):
        names = {"os": os, "sys": sys, "platform": platform, "config": item.config}
        if hasattr(item, "obj"):
            names.update(item.obj.__globals__)
        # Of the plugin: the error of the attempt, which nobody knows yet.
        names["error"] = None
        return bool(eval(compile(condition, "<flaky condition>", "eval"), names))
    if callable(condition):
        try:
            inspect.signature(condition).bind()
        except (TypeError, ValueError):
            # It wants to see the error: whoever decides on the next attempt has no object of it.
            return True
        return bool(condition())
    return bool(condition)


def _patterns(values):
    """Returns regular expressions: a class of errors is one that matches it and its subclasses."""
    if isinstance(values, (str, type)):
        values = [values]
    return [_names_of(value) if isinstance(value, type) else str(value) for value in values]


def _names_of(kind):
    found, waiting = {}, [kind]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = re.escape(each.__name__)
            waiting.extend(type.__subclasses__(each))
    return f"^(?:{'|'.join(sorted(set(found.values())))})(?::|$)"
