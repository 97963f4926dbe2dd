"""Tests that change what belongs to the whole process."""

import io
import locale
import os
import random
import signal
import socket
import sys
import time

import pytest


def test_folder(tmp_path):
    os.chdir(tmp_path)
    assert os.listdir(".") == []


def test_folder_and_fails(tmp_path):
    os.chdir(tmp_path)
    raise ValueError("in another folder")


def test_folder_that_goes_away(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    with pytest.raises(OSError):
        os.getcwd()


def test_umask(tmp_path):
    os.umask(0o077)
    (tmp_path / "file").touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_environment():
    os.environ.clear()
    assert "PATH" not in os.environ


def test_environment_and_fails():
    os.environ["PYTEST_CURRENT_TEST"] = "another"
    os.environ["PYTEST_XDIST_WORKER"] = "gw99"
    raise ValueError("with another environment")


def test_handlers():
    seen = []
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        time.sleep(0.001)
    assert seen == [signal.SIGUSR1]


def test_ignores_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGTERM)


def test_ignores_children():
    """With this setting the system reaps children by itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    pid = os.spawnlp(os.P_NOWAIT, "true", "true")
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_alarm():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        time.sleep(0.001)
    signal.signal(signal.SIGALRM, before)
    assert seen


def test_stdout_is_replaced():
    sys.stdout = io.StringIO()
    print("into the void")


def test_stdout_is_replaced_and_fails():
    print("before")
    sys.stdout = sys.stderr = io.StringIO()
    print("into the void")
    assert 1 == 2


def test_stdout_is_as_it_should_be():
    print("still here")
    assert not isinstance(sys.stdout, io.StringIO)


def test_path():
    sys.path.insert(0, "/nowhere/at/all")
    del sys.path[1:]


def test_recursion_limit():
    sys.setrecursionlimit(3000)


def test_excepthook():
    before, sys.excepthook = sys.excepthook, None
    sys.excepthook = before


def test_trace_function():
    sys.settrace(lambda frame, event, argument: None)
    sys.settrace(None)


def test_seed():
    state = random.getstate()
    try:
        random.seed(7)
        assert random.random() == random.Random(7).random()
    finally:
        random.setstate(state)


def test_locale():
    before = locale.setlocale(locale.LC_NUMERIC)
    locale.setlocale(locale.LC_NUMERIC, "C")
    locale.setlocale(locale.LC_NUMERIC, before)


def test_socket():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname()) as client:
            connection, _ = server.accept()
            client.sendall(b"x")
            with connection:
                assert connection.recv(1) == b"x"


def test_descriptor_left_open(tmp_path):
    os.open(str(tmp_path), os.O_RDONLY)


def test_time():
    start = time.monotonic()
    time.sleep(0.05)
    assert time.monotonic() - start >= 0.05
