"""Whatever a test here changes is put back, so that no other test depends on the order."""

import os
import signal
import sys

import pytest


@pytest.fixture(autouse=True)
def put_back():
    folder = os.getcwd()
    environment = dict(os.environ)
    mask = os.umask(0o022)
    os.umask(mask)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)}
    path, limit = list(sys.path), sys.getrecursionlimit()
    yield
    os.chdir(folder)
    os.umask(mask)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    sys.path[:] = path
    sys.setrecursionlimit(limit)
    os.environ.clear()
    os.environ.update(environment)
