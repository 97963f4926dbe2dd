"""Whether this is a pytest that hasten's short ways were written and tested against."""

import functools
import hashlib
import inspect
import os
import sys

import _pytest

from hasten_worker.inspection.hooks import file_of
from hasten_worker.inspection.known_functions import FILES, KNOWN


@functools.cache
def is_known():
    """Whether pytest's files are, byte by byte, those of a version in the table."""
    try:
        return fingerprint() in KNOWN
    except OSError:
        return False


def fingerprint(folder=None):
    """Returns a hash of pytest's files whose behaviour hasten repeats."""
    folder = folder or os.path.dirname(_pytest.__file__)
    found = hashlib.sha256()
    for name in FILES:
        found.update(hash_of(os.path.join(folder, name)))
    return found.hexdigest()[:32]


def hash_of(path):
    """Returns the hash of a file."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).digest()
    except FileNotFoundError:  # as that of nose's plugin since pytest 8
        return hashlib.sha256(b"").digest()


def replaced(functions):
    """Returns ``(name, function)`` where somebody has put his own in the place of pytest's.

    ``functions`` maps modules and classes to names. None: all are pytest's.
    """
    for owner, names in functions.items():
        file = sys.modules[getattr(owner, "__module__", owner.__name__)].__file__
        for name in names:
            function = inspect.unwrap(getattr(owner, name))
            if os.path.basename(file_of(function)) != os.path.basename(file):
                return f"{owner.__name__}.{name}", function
    return None
