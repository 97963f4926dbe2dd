"""Hooks: wrappers for every version of pluggy, and where an implementation comes from.

Wrappers of the new style leave fewer frames in tracebacks, and cost less. They exist since
pluggy 1.2; pytest 7 may come with an older one.
"""

import inspect

import pluggy
import pytest

_NEW_STYLE = tuple(int(part) for part in pluggy.__version__.split(".")[:2]) >= (1, 2)


def hook_wrapper(**options):
    """Marks a generator that passes on what its ``yield`` returns or raises."""

    def mark(function):
        if _NEW_STYLE:
            return pytest.hookimpl(wrapper=True, **options)(function)
        return pytest.hookimpl(hookwrapper=True, **options)(_old_style(function))

    return mark


def _old_style(function):
    def wrapper(*args):
        inner = function(*args)
        next(inner)
        outcome = yield
        try:
            if outcome.excinfo is None:
                inner.send(outcome.get_result())
            else:
                inner.throw(outcome.excinfo[1])
        except StopIteration:
            pass
        except BaseException as error:
            if outcome.excinfo is None or error is not outcome.excinfo[1]:
                raise

    wrapper.__signature__ = inspect.signature(function)
    wrapper.__name__ = function.__name__
    return wrapper


def module_of(implementation):
    """Returns the name of the module that an implementation of a hook is written in."""
    return getattr(implementation.function, "__module__", None) or ""


# Who prints and writes as if there were no other process.
PYTEST_AND_OURS = ("_pytest", "hasten_worker")


def others(hook, modules):
    """Returns the implementations of a hook that are in none of these modules, nor below them."""
    known = tuple(module + "." for module in modules)
    return [each for each in hook.get_hookimpls() if not f"{module_of(each)}.".startswith(known)]


def file_of(function):
    """Returns the file that a function is written in, or an empty text."""
    function = inspect.unwrap(function)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return "" if code is None else code.co_filename
