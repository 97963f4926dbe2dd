"""Records: what happened to an item, packed. See docs/design/protocol.md."""

import json
import struct
import time

from hasten_worker.messages.wire import plain

REPORT = 1
FINISHED = 2
PASSED = 3
WARNING = 4
VERDICT = 5
ATTEMPT = 6
FIXTURES = 7
LATE = 8

SETUP = 1
CALL = 2
TEARDOWN = 4
XFAIL = 8
OTHER = 16

NO_ITEM = 0xFFFFFFFF

# Bound here: tests replace functions of modules.
_encode = json.JSONEncoder(default=repr, allow_nan=False, separators=(",", ":")).encode

HEAD = struct.Struct("<IBBHddddfffII")
PHASES = {"setup": SETUP, "call": CALL, "teardown": TEARDOWN}
OUTCOMES = {"passed": 0, "failed": 1, "skipped": 2}
_NOTHING = (0.0, 0.0, 0.0)


def pack(
    index,
    kind,
    outcome=0,
    flags=0,
    start=0.0,
    durations=_NOTHING,
    payload=b"",
    processor=_NOTHING,
    memory=0,
):
    """Returns one record."""
    fields = index, kind, outcome, flags, start, *durations, *processor, memory
    return HEAD.pack(*fields, len(payload)) + payload


def pack_report(index, report, data, kind=REPORT):
    """Returns the record of a report; ``data`` is what pytest makes of it for a wire."""
    flags = PHASES.get(report.when, 0)
    if hasattr(report, "wasxfail"):
        flags |= XFAIL
    outcome = OUTCOMES.get(report.outcome)
    if outcome is None:
        outcome = 0
        flags |= OTHER
    duration = getattr(report, "duration", 0.0)
    durations = (
        duration if flags & SETUP else 0.0,
        duration if flags & CALL else 0.0,
        duration if flags & TEARDOWN else 0.0,
    )
    start = start_of(report)
    return pack(index, kind, outcome, flags, start, durations, payload=encode(data))


def start_of(report):
    """Returns when the phase began; pytest 7 does not say, so it is reckoned back from now."""
    start = getattr(report, "start", None)
    return start if start else time.time() - getattr(report, "duration", 0.0)


def encode(data):
    """Returns ``data`` as JSON. Never raises: a field of a report must not end a run."""
    try:
        return _encode(data).encode("ascii")
    except Exception:
        return _encode(plain(data)).encode("ascii")


def unpack_all(data, offset=0):
    """Yields ``(index, kind, outcome, flags, start, setup, call, teardown, payload)``.

    What was used is for the supervisor.
    """
    end = len(data)
    size = HEAD.size
    unpack_from = HEAD.unpack_from
    while offset < end:
        head = unpack_from(data, offset)
        offset += size
        length = head[12]
        yield (*head[:8], data[offset : offset + length])
        offset += length
