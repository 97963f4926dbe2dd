"""Frames, records, values: both sides mean the same."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from supervisor import PACKAGE, Process

from hasten_worker.inspection.tracebacks import without_our_frames
from hasten_worker.messages import records, wire
from hasten_worker.messages.journal import Journal
from hasten_worker.messages.values import _tagged, _untagged

NAMES = ("index", "kind", "outcome", "flags", "start", "setup", "call", "teardown")
GOLDEN = PACKAGE.parent.parent / "crates" / "hasten-protocol" / "golden"


@pytest.fixture
def pair():
    process = Process("test")
    channel = wire.Channel(process.theirs.detach())
    yield process, channel
    process.socket.close()
    channel.close()


def test_frames_go_both_ways(pair):
    process, channel = pair
    channel.send(wire.WANT)
    channel.send_json(wire.HELLO, {"a": 1})
    assert list(process.frames()) == [(wire.WANT, b""), (wire.HELLO, b'{"a":1}')]
    assert channel.receive_now() is None
    process.send(wire.RUN, b"\0")
    process.send(wire.FINISH)
    assert channel.receive() == (wire.RUN, b"\0")
    assert channel.receive_now() == (wire.FINISH, b"")


def test_frames_that_are_not_waited_for_come_later_and_in_order(pair):
    process, channel = pair
    for kind, payload in ((wire.RUN, b"\0"), (wire.ONCE, b"\3"), (wire.FINISH, b"")):
        process.send(kind, payload)
    assert channel.receive_kind(wire.ONCE) == b"\3"
    process.send(wire.RUN, b"\1")
    expected = [(wire.RUN, b"\0"), (wire.FINISH, b""), (wire.RUN, b"\1")]
    assert [channel.receive() for _ in expected] == expected


def test_large_frames(pair):
    process, channel = pair
    data = os.urandom(50_000)
    channel.send(wire.RECORDS, data)
    assert list(process.frames()) == [(wire.RECORDS, data)]


def test_descriptors_come_in_order_and_high(pair):
    process, channel = pair
    files = [os.memfd_create(str(number)) for number in range(6)]
    for number, file in enumerate(files):
        os.write(file, b"%d" % number)
    process.send(wire.FORK, b"{}", files[:5])
    process.send(wire.FORK, b"{}", files[5:])
    channel.receive()
    first = channel.take_descriptors(5)
    channel.receive()
    got = first + channel.take_descriptors(1)
    assert [os.pread(file, 9, 0) for file in got] == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert min(got) >= 700
    assert not any(os.get_inheritable(file) for file in got)


def test_the_end_is_noticed_behind_what_nobody_has_heard(pair):
    process, channel = pair
    assert not channel.is_closed()
    process.socket.sendall(b"a frame that comes too late")
    assert not channel.is_closed()
    process.socket.sendall(b"and another")
    process.socket.close()
    assert channel.is_closed()
    assert channel.is_closed(wait=True)


def test_json_is_readable_by_anybody():
    text = wire.encode_json({"half": "\udc80", "pair": "\U0001f600", "slash": "\\udc80"})
    assert json.loads(text) == {"half": "\\udc80", "pair": "\U0001f600", "slash": "\\udc80"}
    assert json.loads(wire.encode_json([float("nan"), {1, 2}, b"x"])) == ["nan", "{1, 2}", "b'x'"]


def test_values_survive():
    value = {"a": (1, [2, (3,)]), "b": {1: 2, (3, 4): 5}, "c": {"$tuple": 1}, "d": None}
    again = _untagged(json.loads(json.dumps(_tagged(value))))
    assert again["a"] == value["a"] and again == value


def test_records_that_cannot_be_encoded():
    loop = []
    loop.append(loop)
    assert json.loads(records.encode({"loop": loop, "set": {1}, (1,): 2}))["set"] == "{1}"


def test_journal_keeps_and_sends(pair):
    process, channel = pair
    memory = bytearray(1 << 20)
    journal = Journal(channel, memory)
    journal.start_item(7)
    journal.start_phase(2)
    record = records.pack(7, records.PASSED, 0, 7, 1.0, (0.1, 0.2, 0.3))
    journal.append(record)
    assert struct.unpack_from("<IIII", memory) == (0, 7, 2, len(record))
    assert bytes(memory[192 : 192 + len(record)]) == record
    journal.flush()
    assert struct.unpack_from("<I", memory, 12) == (0,)
    assert list(process.frames()) == [(wire.RECORDS, record)]
    journal.set_item(records.NO_ITEM)
    assert struct.unpack_from("<II", memory, 4) == (records.NO_ITEM, 0)


def test_items_that_were_taken_back_are_not_taken(pair):
    memory = bytearray(1 << 20)
    journal = Journal(pair[1], memory)

    def claims(recalled):
        struct.pack_into("<I", memory, 188, recalled)
        return journal.claim(), *struct.unpack_from("<I", memory, 60)

    assert claims(0) == (True, 1)
    assert claims(3) == (True, 2)
    assert claims(3) == (False, 2)
    assert claims(2) == (False, 2)
    assert claims(0) == (True, 3)


def test_journal_with_a_record_larger_than_itself(pair):
    process, channel = pair
    journal = Journal(channel, bytearray(1 << 20))
    small = records.pack(1, records.PASSED)
    large = records.pack(2, records.REPORT, payload=b"x" * (2 << 20))
    received = []
    child = os.fork()
    if not child:
        journal.append(small)
        journal.append(large)
        journal.append(small)
        journal.flush()
        os._exit(0)
    while len(received) < 3:
        received.extend(process.frames())
    os.waitpid(child, 0)
    assert [data for _, data in received] == [small, large, small]


@pytest.mark.parametrize("name", ["records"])
def test_golden_records(name):
    frame = (GOLDEN / f"{name}.bin").read_bytes()
    length, kind = struct.unpack_from("<IB", frame)
    assert (kind, length) == (wire.RECORDS, len(frame) - 4)
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    again = b""
    found = list(records.unpack_all(frame, 5))
    assert len(found) == len(expected)
    at = 5
    for record, wanted in zip(found, expected):
        *processor, memory, length = records.HEAD.unpack_from(frame, at)[8:]
        at += records.HEAD.size + length
        assert (processor, memory) == (wanted["processor"], wanted["peak_memory"])
        index, kind, outcome, flags, start, setup, call, teardown, payload = record
        assert record[:8] == tuple(wanted[name] for name in NAMES)
        assert payload.decode() == wanted["payload"]
        durations = (setup, call, teardown)
        rest = payload, processor, memory
        again += records.pack(index, kind, outcome, flags, start, durations, *rest)
    assert again == frame[5:]


def test_golden_run_and_want(pair):
    process, channel = pair
    process.socket.sendall((GOLDEN / "run.bin").read_bytes())
    kind, payload = channel.receive()
    expected = json.loads((GOLDEN / "run.json").read_text())
    assert kind == wire.RUN
    assert bool(payload[0]) == expected["last"]
    count = (len(payload) - 1) // 4
    assert list(struct.unpack(f"<{count}I", payload[1:])) == expected["items"]
    want = (GOLDEN / "want.bin").read_bytes()
    assert struct.unpack_from("<IB", want) == (5, wire.WANT)


def test_tracebacks_without_our_frames():
    ours = str(Path(wire.__file__).parent / "session.py")
    text = "\n".join(
        [
            "Traceback (most recent call last):",
            '  File "a.py", line 1, in first',
            "    code",
            '  File "pluggy/_execution.py", line 2, in _multicall',
            "    teardown.throw(exception)",
            f'  File "{ours}", line 3, in pytest_collection',
            "    return (yield)",
            "            ^^^^^",
            '  File "b.py", line 4, in last',
            "    code",
            "ValueError: text",
            "  second line",
        ]
    )
    lines = text.split("\n")
    assert without_our_frames(text).split("\n") == lines[:3] + lines[8:]


@pytest.mark.parametrize("version", ["2.7.18", "3.6.15", "3.7.16", "3.8.18"])
def test_old_pythons_say_so(version):
    python = Path(os.path.expanduser("~/.pyenv/versions")) / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no Python {version} here")
    process = Process("base")
    descriptor = process.theirs.fileno()
    command = [str(python), str(PACKAGE), "--fd", str(descriptor), "--role", "base"]
    done = subprocess.run(command, pass_fds=[descriptor], capture_output=True, check=False)
    process.theirs.close()
    ((kind, payload),) = list(process.frames())
    message = json.loads(payload)
    assert kind == wire.ERROR and message["kind"] == "old-python"
    assert version in message["message"] and str(python) in message["message"]
    assert done.returncode == 1 and not done.stderr


@pytest.mark.parametrize(
    "version, kind", [(None, "no-pytest"), ("6.2.5", "old-pytest"), ("7.0.0", None)]
)
def test_without_a_pytest_that_is_new_enough(tmp_path, version, kind):
    body = "raise ModuleNotFoundError(name='pytest')" if version is None else "raise SystemExit(5)"
    if version and kind:
        body = f"__version__ = {version!r}"
    (tmp_path / "pytest.py").write_text(body)
    process = Process("base")
    descriptor = process.theirs.fileno()
    command = [sys.executable, str(PACKAGE), "--fd", str(descriptor), "--role", "base"]
    env = dict(os.environ, PYTHONPATH=str(tmp_path))
    done = subprocess.run(command, pass_fds=[descriptor], env=env, check=False)
    process.theirs.close()
    frames = list(process.frames())
    if kind is None:
        assert done.returncode == 5 and not frames
        return
    message = json.loads(frames[0][1])
    assert message["kind"] == kind and sys.executable in message["message"]
    assert done.returncode == 1
