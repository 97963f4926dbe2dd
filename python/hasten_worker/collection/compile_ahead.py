"""Test files are rewritten and compiled by several processes while the session imports them.

In a fresh checkout there is no byte code, and to make it takes most of the time of collection.
When a folder was collected, its files are known before the first of them is imported: helpers
make byte code from the last file on, as pytest itself would have, and the session begins with
the first. Wherever they meet, the rest is there.
"""

import os
import signal
import sys
import warnings

from _pytest import nodes
from _pytest.assertion import rewrite
from _pytest.python import Module

from hasten_worker.inspection import known_pytest
from hasten_worker.processes.forking import ForkFailed, fork_off

# A fork costs as much as some files.
_FEWEST_FILES = 4
_FEWEST_BYTES = 60_000
_DIRECTORY = getattr(nodes, "Directory", None)  # before pytest 8 files came one by one
_OWN = {
    rewrite: ("_write_pyc", "_rewrite_test", "get_cache_dir", "try_makedirs"),
    rewrite.AssertionRewritingHook: ("exec_module", "_should_rewrite"),
}


class CompileAhead:
    """Starts helpers for the files of a folder."""

    def __init__(self, config, kept, processes):
        self._config = config
        self._kept = kept
        self._state = config.stash.get(rewrite.assertstate_key, None)
        self._helpers = processes - 1
        self._is_on = (
            _DIRECTORY is not None
            and self._helpers > 0
            and getattr(self._state, "hook", None) is not None
            and known_pytest.is_known()
            and known_pytest.replaced(_OWN) is None
        )

    def look(self, collector, report):
        """A collector was collected: begins with its files if many are not compiled yet."""
        if not (self._is_on and isinstance(collector, _DIRECTORY) and report.passed):
            return
        paths = [node.path for node in report.result if type(node) is Module]
        paths = [path for path in paths if not self._is_compiled(path)]
        if len(paths) < _FEWEST_FILES or _size(paths) < _FEWEST_BYTES:
            return
        paths.reverse()
        helpers = min(self._helpers, len(paths) // 2)
        for number in range(helpers):
            try:
                if fork_off(own_group=False):
                    self._compile(paths[number::helpers])
            except ForkFailed:
                return

    def _is_compiled(self, path):
        if not self._state.hook._should_rewrite(path.stem, path, self._state):
            return True  # pytest imports it as any module
        return os.path.exists(_pyc(path)) or (sys.dont_write_bytecode and self._kept.has(path))

    def _compile(self, paths):
        """Does not return: this process is a helper."""
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            for path in paths:
                try:
                    self._compile_one(path)
                except Exception:  # the session will meet it, too
                    continue
        finally:
            os._exit(0)

    def _compile_one(self, path):
        pyc = _pyc(path)
        if rewrite._read_pyc(path, pyc) is not None or sys.dont_write_bytecode:
            return  # where it must not be written, `KeptBytecode` has kept it
        with warnings.catch_warnings(record=True) as log:
            stamp, code = rewrite._rewrite_test(path, self._config)
        # Who compiles a file that warns has to show that.
        if not log and rewrite.try_makedirs(pyc.parent):
            rewrite._write_pyc(self._state, code, stamp, pyc)


def _pyc(path):
    return rewrite.get_cache_dir(path) / (path.name[:-3] + rewrite.PYC_TAIL)


def _size(paths):
    total = 0
    for path in paths:
        try:
            total += os.stat(path).st_size
        except OSError:
            continue
    return total
