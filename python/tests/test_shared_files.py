"""What is open when a session is forked."""

import socket

import pytest

UNSAFE = {
    "connection": (
        """
        import socket
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        """,
        ["helper.py: listening holds a listening socket", "helper.py: client holds a connection"],
    ),
    "loop": (
        """
        import asyncio
        loop = asyncio.new_event_loop()
        """,
        ["helper.py: loop holds an event loop or selector (epoll)"],
    ),
    "sqlite": (
        """
        import sqlite3
        class Store:
            def __init__(self): self.databases = {"main": sqlite3.connect("data.db")}
        store = Store()
        store.databases["main"].execute("create table if not exists t (n)")
        store.databases["main"].commit()
        """,
        ["helper.py: store holds an open SQLite database (data.db)"],
    ),
    "nobody's": (
        """
        import os, socket
        def connect():
            client, server = socket.socketpair()
            client.detach(), server.close()
        connect()
        """,
        ["a connection (a socket pair)"],
    ),
}

UNSAFE["empty sqlite"] = (
    """
    import sqlite3
    database = sqlite3.connect("new.db")
    """,
    ["helper.py: database holds an open SQLite database (new.db)"],
)
UNSAFE["bound"] = (
    """
    import socket
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    class Server:
        inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        inbox.bind(("127.0.0.1", 0))
    """,
    ["helper.py: bound holds a bound socket (127", "helper.py: Server holds a bound socket (127"],
)
UNSAFE["pipe"] = (
    """
    import multiprocessing
    queue = multiprocessing.SimpleQueue()
    """,
    ["helper.py: queue holds a pipe"],
)
UNSAFE["scratch"] = (
    """
    import tempfile
    scratch = tempfile.TemporaryFile()
    """,
    ["helper.py: scratch holds a file to read and write ("],
)
UNSAFE["temporary"] = (
    """
    import tempfile
    with tempfile.TemporaryDirectory(): pass
    folder = tempfile.mkdtemp(dir=".", prefix="made-")
    """,
    ["helper.py:4 has made "],
)

SAFE = {
    "sockets": """
        import socket
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.connect(("127.0.0.1", 9))
        unused = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        idle = socket.socket()
    """,
    "files": """
        import logging, os, sqlite3, tempfile
        memory = sqlite3.connect(":memory:")
        memory.execute("create table t (n)")
        handler = logging.FileHandler("log.txt")
        reader = open(__file__)
        with tempfile.NamedTemporaryFile() as file: pass
        with tempfile.TemporaryDirectory() as folder: pass
    """,
    "closed": """
        import asyncio, socket
        loop = asyncio.new_event_loop()
        loop.close()
        with socket.create_server(("127.0.0.1", 0)): pass
    """,
}

TESTS = """
    import helper, pytest
    @pytest.mark.parametrize("n", range(4))
    def test_n(n): pass
"""


def causes(run):
    return sorted(each["cause"] for each in run.unsafe + run.collected["unsafe"])


@pytest.mark.parametrize("conftest", ["", "import helper"], ids=["test file", "conftest"])
@pytest.mark.parametrize("name", UNSAFE)
def test_what_cannot_be_shared_is_named(suite, name, conftest):
    text, expected = UNSAFE[name]
    suite.write(conftest=conftest, helper=text, test_a=TESTS)
    run = suite.run("-n", "2")
    assert run.exitstatus == 0
    kinds = {each["kind"] for each in run.unsafe + run.collected["unsafe"]}
    found = causes(run)
    assert kinds - {"memory"} == {"files"}  # a queue has locks, too
    for cause in expected:
        assert any(each.startswith(cause) for each in found), found


@pytest.mark.parametrize("name", SAFE)
def test_what_can_be_shared_is_no_reason(suite, name):
    suite.write(helper=SAFE[name], test_a=TESTS)
    run = suite.run("-n", "2")
    assert (run.exitstatus, causes(run)) == (0, [])


def test_who_asks_for_forks_gets_them(suite):
    suite.write(helper=UNSAFE["loop"][0], test_a=TESTS)
    run = suite.run("-n", "2", "--start-method", "fork")
    assert (run.exitstatus, causes(run)) == (0, [])


def test_what_was_open_before_is_no_reason(suite):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        suite.write(test_a="def test_a(): pass")
        run = suite.run("-n", "1", stdout=theirs)
        assert (run.exitstatus, causes(run)) == (0, [])
        assert b"1 passed" in ours.recv(1 << 16)


def test_a_file_that_is_read_from_has_its_place_in_each_worker(suite):
    suite.write(
        helper="""
        text = open("lines.txt")
        first = text.readline()
        """,
        test_a="""
        import helper, pytest
        @pytest.mark.parametrize("n", range(300))
        def test_n(n):
            assert helper.first == "line 0\\n"
            helper.text.seek(7 * n)
            assert helper.text.read(7) == f"line {n % 10}\\n"
        """,
    )
    (suite.path / "lines.txt").write_text("".join(f"line {n % 10}\n" for n in range(300)))
    run = suite.run("-n", "2")
    assert (run.exitstatus, causes(run)) == (0, [])
