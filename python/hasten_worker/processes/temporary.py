"""Temporary folders that are made while a suite is loaded: forked workers would have one together.

In plain pytest one process has it, in pytest-xdist each worker its own. Forked workers would find
the files of each other there, and the first one that ends might remove it.
"""

import os
import sys
import tempfile

from hasten_worker.processes.holders import is_of_project

_MOST = 100
_Sequence = getattr(tempfile, "_RandomNameSequence", None)


class TemporaryNames:
    """Notes who makes something under a name of ``tempfile``."""

    def __init__(self):
        self._made = []  # file and line of who made it, the folder, the random part of the name
        self._before = None
        self._watched = None

    def start(self):
        """Begins to watch."""
        if _Sequence is None:
            return
        self._before = tempfile._name_sequence
        self._watched = tempfile._name_sequence = _Watched(self._note)

    def stop(self):
        """Leaves ``tempfile`` as it was."""
        if self._watched is not None and tempfile._name_sequence is self._watched:
            tempfile._name_sequence = self._before
        self._watched = None

    def hazards(self, rootpath):
        """Returns why this process must not be forked: what the project has made and left there."""
        rootpath, found = str(rootpath), {}
        for file, line, folder, part in self._made:
            if is_of_project(file, rootpath):
                path = _existing(folder, part)
                if path is not None:
                    where = f"{os.path.relpath(file, rootpath)}:{line}"
                    found.setdefault(where, f"{where} has made {path}")
        return [{"kind": "files", "cause": cause} for cause in found.values()]

    def _note(self, part, frame):
        if len(self._made) >= _MOST:
            return
        folder = frame.f_locals.get("dir") or tempfile.gettempdir()
        while frame is not None and frame.f_code.co_filename == tempfile.__file__:
            frame = frame.f_back
        if frame is not None:
            file = os.path.abspath(frame.f_code.co_filename)
            self._made.append((file, frame.f_lineno, os.fsdecode(folder), part))


if _Sequence is not None:

    class _Watched(_Sequence):
        def __init__(self, note):
            self._note = note

        def __next__(self):
            name = super().__next__()
            self._note(name, sys._getframe(1))
            return name


def _existing(folder, part):
    try:
        names = [name for name in os.listdir(folder) if part in name]
    except OSError:
        return None
    return os.path.join(folder, names[0]) if names else None
