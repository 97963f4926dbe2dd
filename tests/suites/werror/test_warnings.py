"""Every warning is an error: one that a test runner adds would show here."""

import os
import subprocess
import sys
import threading
import warnings

import pytest


def test_quiet():
    pass


@pytest.mark.parametrize("category", [UserWarning, DeprecationWarning, ResourceWarning, RuntimeWarning])
def test_warns(category):
    warnings.warn("raised", category, stacklevel=1)


@pytest.mark.filterwarnings("default")
def test_allowed():
    warnings.warn("shown", UserWarning, stacklevel=1)


def test_expected():
    with pytest.warns(UserWarning):
        warnings.warn("expected", UserWarning, stacklevel=1)


def test_fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def test_subprocess():
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def test_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


@pytest.fixture
def warns_in_setup():
    warnings.warn("in the set-up", UserWarning, stacklevel=1)


def test_setup(warns_in_setup):
    raise AssertionError("never runs")


@pytest.fixture
def warns_in_teardown():
    yield
    warnings.warn("in the teardown", UserWarning, stacklevel=1)


def test_teardown(warns_in_teardown):
    pass


def test_files(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"
