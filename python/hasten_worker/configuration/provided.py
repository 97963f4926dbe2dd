"""Lets ``import hasten`` and ``import xdist`` succeed where these are not installed.

Suites import the first for what it offers them; the binary alone must do. Conftest files and
plugins ask the second who runs what. Who only asks whether pytest-xdist is there
(``importlib.util.find_spec``, ``pytest.importorskip``) is told the truth, so that a test that needs
the real one is skipped, as under plain pytest.
"""

import importlib.util
import os
import sys

from _pytest.outcomes import importorskip

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = {
    "hasten": os.path.join(os.path.dirname(_OURS), "hasten"),
    "xdist": os.path.join(_OURS, "xdist_api"),
}
_QUESTIONS = (importlib.util.find_spec.__code__, importorskip.__code__)


def provide_modules():
    """Adds the last finder: what is installed is found before."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        folder = _FOLDERS.get(name)
        if folder is None or (name == "xdist" and _is_question(sys._getframe(1))):
            return None
        return importlib.util.spec_from_file_location(
            name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
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
