"""What collection takes: each file, its import, and the modules that are imported under it.

The calls that take the time are woven into the functions of pytest and of Python that do these
things, before anything of the suite is loaded. They stay until the collection is over.
"""

import _frozen_importlib
import os
import sys
import time
from threading import get_ident
from types import ModuleType

import pytest
from _pytest import pathlib, runner

from hasten_worker.inspection.weaving import between, unweave, weave

# Modules that the supervisor is told of: those that took longest by themselves.
_MOST = 100
# Bound here: a plugin that freezes time replaces functions in modules.
_now = time.perf_counter


class CollectionTimes:
    """Takes the time, in the thread that made it."""

    def __init__(self):
        self._before = {}  # of each function that calls us, its own code
        self._files = {}  # of each node id of a file: its path, seconds
        self._paths = {}  # of each path that pytest imported: seconds
        self._importing = []  # paths, each with when it began
        self._modules = []  # of each module: its name, own seconds, all, and what led to it

    def listen(self):
        """Takes the time from now on, also in processes that are forked from this one."""
        changes = {}
        for owner, name, what, clockwork in (
            (runner, "pytest_make_collect_report", "file", self._of_files),
            (pathlib, "import_path", "path", self._of_paths),
            (_frozen_importlib, "_find_and_load", "module", self._of_modules),
        ):
            begins, ends = f"hasten_begins_{what}", f"hasten_ends_{what}"
            begin, end = clockwork()
            setattr(owner, begins, begin)
            setattr(owner, ends, end)
            changes[getattr(owner, name, None)] = _around(begins, ends)
        self._before = weave(changes)

    def stop(self):
        """The collection is over: everything is as if it had never been measured."""
        unweave(self._before)
        self._before = {}

    def message(self, rootpath):
        """Returns what the supervisor is told."""
        folder = os.path.join(str(rootpath), "")
        files = [
            (nodeid, seconds, self._paths.get(path, 0.0))
            for nodeid, (path, seconds) in self._files.items()
        ]
        modules = sorted(self._modules, key=lambda each: -each[1])[:_MOST]
        return {
            "files": files,
            "imports": [(*each[:3], _place(each[3], folder)) for each in modules],
        }

    def _of_files(self):
        """Returns what is called when a collector is collected, and when it was."""
        thread, now, files = get_ident(), _now, []

        def begins(collector):
            if get_ident() != thread:
                return False
            file = collector.getparent(pytest.File)
            if file is None or isinstance(file, pytest.Package):  # a file until pytest 8
                return False
            files.append((file, now()))
            return True

        def ends():
            if files:  # else a signal handler has raised something in between
                file, start = files.pop()
                path, seconds = self._files.get(file.nodeid, (str(file.path), 0.0))
                self._files[file.nodeid] = path, seconds + now() - start

        return begins, ends

    def _of_paths(self):
        """Returns what is called when pytest imports a test file or a conftest, and when it has."""
        thread, now, paths = get_ident(), _now, self._importing

        def begins(path):
            if get_ident() != thread:
                return False
            paths.append((str(path), now()))
            return True

        def ends():
            if paths:
                path, start = paths.pop()
                self._paths[path] = self._paths.get(path, 0.0) + now() - start

        return begins, ends

    def _of_modules(self):
        """Returns what is called when Python finds and loads a module, and when it has."""
        thread, now, modules = get_ident(), _now, []
        fresh = []  # modules of which is not known what led to them

        def begins(name):
            # PyPy comes here for modules, too, that are there.
            if get_ident() != thread or name in sys.modules:
                return False
            modules.append([name, 0.0, now()])
            return True

        def ends():
            if not modules:
                return
            name, inner, start = modules.pop()
            whole = now() - start
            fresh.append((name, whole - inner, whole))
            if modules:
                modules[-1][1] += whole
                return
            led = self._importing[-1][0] if self._importing else name
            self._modules.extend((*each, led) for each in fresh)
            fresh.clear()

        return begins, ends


TIMES = CollectionTimes()


def _around(begins, ends):
    def change(definition):
        variables = (definition.args.args[0].arg,)
        definition.body = [between(begins, variables, definition.body, ends)]
        return True

    return change


def _place(led, folder):
    """Returns the path of a file relative to the rootdir, or the name of a module outside of it."""
    if not os.path.isabs(led):
        module = sys.modules.get(led)
        file = vars(module).get("__file__") if type(module) is ModuleType else None
        if not isinstance(file, str) or not file.startswith(folder):
            return led
        led = file
    if led.startswith(folder) and f"-packages{os.sep}" not in led:
        return led[len(folder) :].replace(os.sep, "/")
    return led
