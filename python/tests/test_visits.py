"""Who comes to a process that is kept after a failure."""

import json
import os
import socket

import pytest

from hasten_worker.running.visits import Visits


@pytest.fixture
def visits(tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    visits = Visits(listener.detach())
    yield visits
    visits.close()


@pytest.fixture
def come(tmp_path, visits):
    """Returns what connects and sends something, with stdin and stdout."""
    opened = []

    def come(text, descriptors=None):
        client = socket.socket(socket.AF_UNIX)
        opened.append(client)
        client.connect(str(tmp_path / "s"))
        ends = os.pipe() if descriptors is None else descriptors
        socket.send_fds(client, [text], ends)
        for end in ends:
            os.close(end)
        return client

    yield come
    for client in opened:
        client.close()


def test_what_it_is_for(visits, come):
    client = come(b'{"do": "debug", "terminal": "xterm"}\n')
    visit = visits.next(10)
    assert (visit.releases, visit.terminal) == (False, "xterm")
    os.write(visit.stdout, b"through")
    assert os.read(visit.stdin, 10) == b"through"
    visit.say(state="held", seconds=1.5)
    assert json.loads(client.recv(100)) == {"state": "held", "seconds": 1.5}
    visit.close()
    assert client.recv(100) == b""


def test_release(visits, come):
    come(b'{"do": "release", "terminal": null}\n')
    visit = visits.next(10)
    assert visit.releases
    visit.close()


@pytest.mark.parametrize("text", [b"{}\n", b"GET / HTTP/1.1\n", b"[1]\n", b'{"do": "dance"}\n'])
def test_others_are_sent_away(visits, come, text):
    client = come(text)
    assert visits.next(10) is None
    assert client.recv(100) == b""


def test_without_a_terminal_nobody_is_served(visits, come):
    client = come(b'{"do": "debug"}\n', [])
    assert visits.next(10) is None
    assert client.recv(100) == b""


def test_who_goes_away_at_once(visits, come):
    come(b"", []).close()
    assert visits.next(10) is None


def test_who_has_gone_misses_nothing(visits, come):
    client = come(b'{"do": "debug"}\n')
    visit = visits.next(10)
    client.close()
    visit.say(state="held", seconds=0)
    visit.close()


def test_nobody_comes(visits):
    assert visits.next(0) is None
