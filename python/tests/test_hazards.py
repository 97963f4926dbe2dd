"""What a process has when a session is forked, apart from open files."""

import pytest

UNSAFE = {
    "thread": (
        """
        import threading
        stop = threading.Event()
        class Watcher:
            def __init__(self):
                self.thread = threading.Thread(target=stop.wait, name="watch", daemon=True)
                self.thread.start()
        watchers = [Watcher()]
        """,
        "threads",
        "thread 'watch' of helper.py: watchers (threading.Event.wait)",
    ),
    "nobody's thread": (
        """
        import threading
        def wait(stop=threading.Event()): stop.wait()
        threading.Thread(target=wait, name="watch", daemon=True).start()
        """,
        "threads",
        "thread 'watch' (helper.wait)",
    ),
    "native thread": (
        """
        import ctypes, ctypes.util, threading
        libc = ctypes.CDLL(None)
        thread = ctypes.c_ulong()
        sleep = ctypes.cast(libc.pause, ctypes.c_void_p)
        libc.pthread_create(ctypes.byref(thread), None, sleep, None)
        """,
        "threads",
        "1 native thread",
    ),
    "process": (
        """
        import subprocess, sys
        server = subprocess.Popen(["sleep", "20"])
        """,
        "processes",
        "helper.py: server holds the process PID)",
    ),
    "ended process": (
        """
        import os, subprocess, sys
        server = subprocess.Popen(["true"])
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        """,
        "processes",
        "helper.py: server holds the process PID (ended)",
    ),
    "value": (
        """
        import multiprocessing
        counts = {"a": multiprocessing.Value("i", 0)}
        """,
        "memory",
        "helper.py: counts holds memory that processes share",
    ),
    "event": (
        """
        import multiprocessing
        event = multiprocessing.get_context("fork").Event()
        """,
        "memory",
        "helper.py: event holds memory that processes share",
    ),
    "mapping": (
        """
        import mmap
        memory = mmap.mmap(-1, 4096)
        """,
        "memory",
        "helper.py: memory holds memory that processes share",
    ),
}

SAFE = {
    "ended": """
        import subprocess, threading
        assert subprocess.run(["true"]).returncode == 0
        thread = threading.Thread(target=print)
        thread.start()
        thread.join()
    """,
    "nobody's": """
        import os, subprocess
        ended = subprocess.Popen(["true"])
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        del ended
    """,
    "private": """
        import mmap
        memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE)
        with open(__file__, "rb") as file:
            own = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    """,
    "a lock of a library": """
        import multiprocessing, sys
        sys.lock_of_a_library = multiprocessing.get_context("fork").Lock()
    """,
}

TESTS = """
    import helper, pytest
    @pytest.mark.parametrize("n", range(4))
    def test_n(n): pass
"""
END = """
    import helper
    def pytest_unconfigure():
        server = getattr(helper, "server", None)
        if server is not None:
            server.kill()
            server.wait()
"""


def hazards(run):
    return run.unsafe + run.collected["unsafe"]


@pytest.mark.parametrize("conftest", ["", END], ids=["test file", "conftest"])
@pytest.mark.parametrize("name", UNSAFE)
def test_what_cannot_be_forked_is_named(suite, name, conftest):
    text, kind, expected = UNSAFE[name]
    suite.write(conftest=conftest, helper=text, test_a=TESTS)
    run = suite.run("-n", "2")
    assert run.exitstatus == 0
    begin, _, end = expected.partition("PID")  # a name of its own comes a little later
    found = [each["cause"] for each in hazards(run) if each["kind"] == kind]
    assert [each for each in found if each.startswith(begin) and each.endswith(end)], hazards(run)


@pytest.mark.parametrize("name", SAFE)
def test_what_can_be_forked_is_no_reason(suite, name):
    suite.write(helper=SAFE[name], test_a=TESTS)
    run = suite.run("-n", "2")
    assert (run.exitstatus, hazards(run)) == (0, [])
