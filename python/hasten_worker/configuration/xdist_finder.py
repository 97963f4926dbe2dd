"""Lets ``import xdist`` succeed where pytest-xdist is not installed.

Conftest files and plugins ask it who runs what. Who only asks whether it is there
(``importlib.util.find_spec``, ``pytest.importorskip``) is told the truth, so that a test that needs
the real one is skipped, as under plain pytest.
"""

import importlib.machinery
import importlib.util
import os
import sys

from _pytest.outcomes import importorskip

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "xdist_api")
_QUESTIONS = (importlib.util.find_spec.__code__, importorskip.__code__)


def provide_xdist():
    """Adds the last finder, unless pytest-xdist is there."""
    if importlib.util.find_spec("xdist") is None:
        sys.meta_path.append(_Finder)


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "xdist" or _is_question(sys._getframe(1)):
            return None
        return importlib.util.spec_from_file_location(
            name, os.path.join(_FOLDER, "__init__.py"), submodule_search_locations=[_FOLDER]
        )

    @staticmethod
    def invalidate_caches():
        """Nothing is kept."""


def _is_question(frame):
    while frame is not None:
        if frame.f_code in _QUESTIONS:
            return True
        frame = frame.f_back
    return False
