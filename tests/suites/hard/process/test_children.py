"""Tests that fork, start threads, and leave something behind for a moment."""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest


def test_fork_and_exit():
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 7


def test_fork_and_write():
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.write(1, b"from the child\n")
        os._exit(0)
    os.waitpid(pid, 0)
    assert 1 == 2


def test_fork_and_raise():
    """The child raises inside of the test: it must not report, nor go on with the next test."""
    pid = os.fork()
    if pid == 0:
        try:
            raise ValueError("in the child")
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] != 0


def double(value):
    return value * 2


def test_multiprocessing_fork():
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    process = context.Process(target=queue.put, args=(5,))
    process.start()
    assert queue.get() == 5
    process.join()
    assert process.exitcode == 0


def test_process_pool():
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(double, [1, 2, 3])) == [2, 4, 6]


def test_subprocess():
    result = subprocess.run([sys.executable, "-c", "print(6 * 7)"], stdout=subprocess.PIPE, check=True)
    assert result.stdout.strip() == b"42"


def test_subprocess_in_a_session_of_its_own():
    subprocess.run([sys.executable, "-c", "pass"], start_new_session=True, check=True)


def test_threads():
    seen = []
    threads = [threading.Thread(target=seen.append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(8))


def test_thread_pool():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(double, range(10))) == 90


def test_thread_left_running():
    threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()


def test_thread_that_prints():
    thread = threading.Thread(target=print, args=("from a thread",))
    thread.start()
    thread.join()
    assert 1 == 2


def test_child_left_running():
    os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "0.2")


def test_grandchild_left_running():
    """An orphan, in a session of its own."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "0.2")
        os._exit(0)
    os.waitpid(pid, 0)


def test_pipe_held_by_a_child():
    """Whoever waits for the end of our output must not wait for the child."""
    subprocess.Popen(["sleep", "0.2"]).returncode = 0


@pytest.fixture
def server():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.terminate()
    process.wait()


def test_server_of_a_fixture(server):
    assert server.poll() is None
