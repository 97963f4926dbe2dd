"""Warnings on their way from a worker to main."""

import builtins
import sys
import warnings


def to_message(warning_message, when, nodeid, location):
    """Returns a warning as builtin values."""
    category = warning_message.category
    return {
        "message": str(warning_message.message),
        "category": f"{category.__module__}.{category.__qualname__}",
        "filename": warning_message.filename,
        "lineno": warning_message.lineno,
        "line": warning_message.line,
        # What allocated it is told in the text, if tracemalloc runs; else a hint to do so.
        "source": getattr(warning_message, "source", None) is not None,
        "when": when,
        "nodeid": nodeid,
        "location": location,
    }


def from_message(data):
    """Returns the arguments of ``pytest_warning_recorded``."""
    category = _category(data["category"])
    message = warnings.WarningMessage(
        message=_instance(category, data["message"]),
        category=category,
        filename=data["filename"],
        lineno=data["lineno"],
        line=data.get("line"),
        source=object() if data.get("source") else None,
    )
    location = data["location"]
    return {
        "warning_message": message,
        "when": data["when"],
        "nodeid": data["nodeid"],
        "location": None if location is None else tuple(location),
    }


def _category(name):
    """Finds the class without an import: importing a user's module may have effects."""
    module_name, _, class_name = name.rpartition(".")
    module = sys.modules.get(module_name) or builtins
    found = getattr(module, class_name, None)
    if isinstance(found, type) and issubclass(found, Warning):
        return found
    return type(class_name, (Warning,), {"__module__": module_name})


def _instance(category, text):
    try:
        message = category(text)
        if str(message) == text:
            return message
    except Exception:
        pass
    return type(category.__name__, (Warning,), {"__module__": category.__module__})(text)
