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

SAFE = {
    "datagrams": """
        import socket
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.connect(("127.0.0.1", 9))
        idle = socket.socket()
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
    """,
    "files": """
        import logging, sqlite3, tempfile
        memory = sqlite3.connect(":memory:")
        memory.execute("create table t (n)")
        temporary = tempfile.TemporaryFile()
        handler = logging.FileHandler("log.txt")
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
    assert kinds == {"files"}
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
