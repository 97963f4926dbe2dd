"""What a fixture is called where somebody reads it: the place of its definition, and its name."""

import os
from functools import partial
from inspect import unwrap


def fixture_name(definition, folder):
    """Returns such a name; ``folder`` is the rootdir, with a separator at its end."""
    function = definition.func
    try:
        function = unwrap(function)
        while isinstance(function, partial):
            function = unwrap(function.func)
    except ValueError:  # wrappers in a circle
        pass
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    file = "" if code is None else os.path.abspath(code.co_filename)
    base = definition.baseid  # or a value for none, since pytest 9.2
    owner = base.partition("::")[2] if isinstance(base, str) else ""
    names = (owner, definition.argname) if owner else (definition.argname,)
    if file.startswith(folder) and f"-packages{os.sep}" not in file:
        place = file[len(folder) :].replace(os.sep, "/")
    else:
        place = getattr(function, "__module__", None) or type(function).__module__
    return "::".join((place, *names))
