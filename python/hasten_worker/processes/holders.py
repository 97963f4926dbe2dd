"""Which variable of the project holds something that must not be forked: what a user can change."""

import gc
import os
import sys
import types

# How far from a module's variable it is looked for, and among how many objects.
_DEPTH = 10
_MOST_OF_A_VARIABLE = 50_000
_MOST = 400_000

# What belongs to other modules, and what holds nothing.
_ELSEWHERE = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    str,
    bytes,
    int,
    float,
)
_PYTEST = ("_pytest", "pluggy", "hasten_worker")


def is_a(value, classes):
    """Whether it really is one: a proxy that is asked for its class may do what it stands for."""
    return issubclass(type(value), classes)


def loaded(*names):
    """Returns those of the classes, each named by its module and its name, that are there."""
    found = []
    for name in names:
        module, _, attribute = name.rpartition(".")
        found.append(getattr(sys.modules.get(module), attribute, None))
    return tuple(each for each in found if isinstance(each, type))


def is_of_project(file, rootpath):
    """Whether a file is the project's own, and not of a package that is installed below it."""
    return file.startswith(rootpath + os.sep) and "site-packages" not in file


def modules_of_project(rootpath):
    """Yields the modules that are the project's, each with its path below the rootdir."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if is_of_project(file, rootpath):
            yield module, os.path.relpath(file, rootpath)


def holder(rootpath, is_it):
    """Names the variable from which an object is reached for which ``is_it`` is true, or None."""
    left = _MOST
    for module, path in modules_of_project(rootpath):
        for variable, value in list(vars(module).items()):
            if variable.startswith("__"):  # the loader of the module, which knows pytest's config
                continue
            found, seen = _leads_to(_first_level(value, module), is_it)
            if found:
                return f"{path}: {variable}"
            left -= seen
            if left < 0:
                return None
    return None


def _is_of_pytest(value):
    """From pytest's config everything can be reached."""
    module = getattr(type(value), "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in _PYTEST


def _first_level(value, module):
    """A class of this module has variables, too."""
    if is_a(value, type) and getattr(value, "__module__", None) == module.__name__:
        return list(vars(value).values())
    return [value]


def _leads_to(level, is_it):
    """Returns whether it does, and how many objects were looked at."""
    seen = set()
    for _ in range(_DEPTH):
        following = []
        for each in level:
            if id(each) in seen or is_a(each, _ELSEWHERE) or _is_of_pytest(each):
                continue
            seen.add(id(each))
            if is_it(each):
                return True, len(seen)
            if len(seen) > _MOST_OF_A_VARIABLE:
                return False, len(seen)
            following.extend(gc.get_referents(each))
        level = following
    return False, len(seen)
