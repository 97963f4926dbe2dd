"""Rewritten test files, kept where Python must not keep byte code beside them.

With ``PYTHONDONTWRITEBYTECODE`` pytest rewrites and compiles every test file in every run, which
takes longer than many of the tests. What it made is kept below ``.hasten`` and used as long as
the file, pytest and the interpreter are the same.
"""

import hashlib
import marshal
import os
import shutil
import sys
import time
import warnings

from _pytest.assertion import rewrite

from hasten_worker.inspection import known_pytest

_MAGIC = b"hasten1\n"
_FORGET_AFTER = 30 * 24 * 3600  # seconds
_OWN = {rewrite: ("_rewrite_test", "rewrite_asserts", "_read_pyc")}
_GITIGNORE = "# Made by hasten.\n*\n"
_installed = None


def keep(config):
    """Returns what keeps byte code in this process; main has it from before the fork."""
    global _installed
    if _installed is None:
        _installed = KeptBytecode(config)
        _installed.install()
    return _installed


class KeptBytecode:
    """Stands in the place of pytest's ``_read_pyc``."""

    def __init__(self, config):
        hook = config.getini("enable_assertion_pass_hook")
        tag = f"{rewrite.PYTEST_TAG}-{sys.flags.optimize}{int(bool(hook))}"
        self._top = os.path.join(str(config.rootpath), ".hasten")
        self._folder = os.path.join(self._top, "bytecode", tag)
        self._config = config
        self._read_pyc = rewrite._read_pyc

    def install(self):
        """Begins to be asked, if there is a reason to."""
        if (
            sys.dont_write_bytecode
            and known_pytest.is_known()
            and known_pytest.replaced(_OWN) is None
        ):
            rewrite._read_pyc = self.read_pyc

    def remove(self):
        """pytest has its own function again: tests of plugins run pytest in their process."""
        if rewrite._read_pyc == self.read_pyc:
            rewrite._read_pyc = self._read_pyc

    def has(self, path):
        """Whether something is kept of a file; it may be out of date."""
        return os.path.exists(self._path(path))

    def read_pyc(self, source, pyc, *trace):
        """Returns the code of a file, as ``_read_pyc`` does; if need be it is made here.

        Where that fails or warns, pytest does it once more, and shows it as it always does.
        """
        code = self._read_pyc(source, pyc, *trace)
        if code is not None:
            return code
        try:
            digest = hashlib.sha256(source.read_bytes()).digest()
            code = self._load(source, digest)
            if code is None:
                with warnings.catch_warnings(record=True) as log:
                    _, code = rewrite._rewrite_test(source, self._config)
                if log:
                    return None
                self._store(source, digest, code)
        except Exception:
            return None
        return code

    def _path(self, fn):
        name = hashlib.sha256(os.fsencode(fn)).hexdigest()[:32]
        return os.path.join(self._folder, name)

    def _load(self, fn, digest):
        try:
            with open(self._path(fn), "rb") as file:
                data = file.read()
        except OSError:
            return None
        start = len(_MAGIC)
        if data[:start] != _MAGIC or data[start : start + 32] != digest:
            return None
        body = data[start + 64 :]
        if hashlib.sha256(body).digest() != data[start + 32 : start + 64]:
            return None
        return marshal.loads(body)

    def _store(self, fn, digest, code):
        body = marshal.dumps(code)
        path = self._path(fn)
        temporary = f"{path}.{os.getpid()}"
        try:
            self._make_folder()
            with open(temporary, "wb") as file:
                file.write(_MAGIC + digest + hashlib.sha256(body).digest() + body)
            os.replace(temporary, path)
        except OSError:  # a full disk, a read-only tree: the next run compiles again
            pass

    def _make_folder(self):
        if os.path.isdir(self._folder):
            return
        os.makedirs(self._folder)
        try:
            with open(os.path.join(self._top, ".gitignore"), "x", encoding="utf-8") as file:
                file.write(_GITIGNORE)
        except FileExistsError:
            pass
        parent = os.path.dirname(self._folder)
        for name in os.listdir(parent):  # of other interpreters and versions of pytest
            other = os.path.join(parent, name)
            if time.time() - os.path.getmtime(other) > _FORGET_AFTER:
                shutil.rmtree(other, ignore_errors=True)
