"""Keeps our own code out of what pytest-cov measures.

coverage leaves out what lies where packages are installed, as plugins of pytest do. We do not.
"""

import importlib
import os

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# In coverage 6.0 to 7.9, and since.
_NAMES = ("add_third_party_paths", "_add_third_party_paths")


def leave_us_out(options):
    """Called before pytest-cov makes its first object of coverage."""
    if not getattr(options, "cov_source", None):
        return
    try:
        module = importlib.import_module("coverage.inorout")
    except ImportError:  # pytest-cov says so itself
        return
    for name in _NAMES:
        original = getattr(module, name, None)
        if callable(original):
            setattr(module, name, _with_ours(original))


def _with_ours(original):
    def add_third_party_paths(paths):
        original(paths)
        paths.add(_OURS)

    return add_third_party_paths


def keep_data_of_others(options):
    """In a worker: its start must not erase what another one has measured meanwhile.

    pytest-cov takes a process for the only one until its session starts; main has erased.
    """
    if getattr(options, "cov_source", None):
        options.cov_append = True
