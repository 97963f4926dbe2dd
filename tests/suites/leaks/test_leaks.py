import builtins
import faulthandler
import gc
import io
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import pytest


def test_folder():
    os.chdir(tempfile.mkdtemp())


def test_folder_that_is_gone():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)


def test_umask():
    os.umask(0o077)


def test_environment():
    os.environ.clear()


def test_environment_is_full():
    os.environ.update(("LEAK_%d" % number, "x" * 100) for number in range(1000))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGCHLD", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGCONT"])
def test_ignores_signal(name):
    signal.signal(getattr(signal, name), signal.SIG_IGN)


def test_blocks_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def test_alarm_goes_off_later():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)


def test_stdout():
    sys.stdout = io.StringIO()


def test_stderr_is_none():
    sys.stderr = None


def test_stdin():
    sys.stdin = None


def test_path():
    sys.path.insert(0, "/nowhere/at/all")


def test_print():
    builtins.print = lambda *values, **options: None


def test_recursion_limit():
    sys.setrecursionlimit(5000)


def test_switch_interval():
    sys.setswitchinterval(0.5)


def test_gc():
    gc.disable()
    if hasattr(gc, "set_threshold"):  # not in PyPy
        gc.set_threshold(1)


def test_faulthandler():
    faulthandler.disable()
    faulthandler.cancel_dump_traceback_later()


def test_logging():
    logging.disable(logging.CRITICAL)
    logging.getLogger().handlers[:] = []


def test_warnings():
    warnings.showwarning = None
    warnings.filters[:] = []


def test_random():
    random.seed(1)


def test_time():
    time.sleep, time.time, time.monotonic, time.perf_counter = (lambda *arguments: 0.0,) * 4


def test_thread():
    threading.Thread(target=threading.Event().wait, args=(0.5,), daemon=True).start()


def test_child():
    subprocess.Popen(["/bin/sleep", "0.5"])


def test_child_in_a_session_of_its_own():
    subprocess.Popen(["/bin/sleep", "0.5"], start_new_session=True)


def test_process_group():
    try:
        os.setpgid(0, 0)
    except PermissionError:
        pass


def test_descriptors():
    for _ in range(100):
        os.dup(os.open(os.devnull, os.O_RDONLY))


def test_socket():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.detach()


def test_nice():
    os.nice(1)


@pytest.mark.parametrize("turn", range(20))
def test_does_not_mind(turn):
    pass


def test_still_fails():
    pytest.fail("as it should", pytrace=False)
