"""The memory in which a worker says what it is doing, and which outlives it."""

import mmap
import struct
import time

from hasten_worker.messages import wire
from hasten_worker.messages.records import HEAD, NO_ITEM
from hasten_worker.processes.descriptors import SHARED, identity

SIZE = 1 << 20
RECORDS_OFFSET = 192

NONE = 0
SETUP = 1
CALL = 2
TEARDOWN = 3
ENDING = 4
COLLECTING = 5

_LONGEST_NAME = 4096

# Long enough that tiny tests share a frame, too short for anybody to see.
_FLUSH_AFTER = 5_000_000

STOP = 1  # no further item is to be started
HAS_TERMINAL = 2  # lent for what runs now, and to be given back after it

_TOLD = struct.Struct("<I")
_ITEM = struct.Struct("<II")
_COUNT = struct.Struct("<I")
_TIMES = struct.Struct("<QQI")
_PHASE = struct.Struct("<I")
_PHASE_START = struct.Struct("<Q")
_WIDE = struct.Struct("<I")
_BOTH_STARTS = struct.Struct("<QQ")
_LIMIT = struct.Struct("<II")
_TEXT = 72
_MOST_TEXT = 116
_CLAIMED = 60
_RECALLED = 188


class Journal:
    """Keeps records until they are sent, and the words that name the running item."""

    def __init__(self, channel, memory):
        self._channel = channel
        self._memory = memory
        self._view = memoryview(memory)
        self._used = 0
        self._flush_at = 0
        # The channel cannot be used any more: what is not sent stays for the supervisor.
        self.cut_off = False
        self.copied = False  # a test has forked, and this is the child
        self._started = 0
        self._claimed = 0
        # Bound here: a plugin that freezes time replaces functions in modules.
        self._now = time.monotonic_ns
        self.set_item(NO_ITEM)

    @classmethod
    def of_worker(cls, channel, descriptor):
        """Returns a journal in the memory that the supervisor reads, too."""
        SHARED.add(identity(descriptor))
        return cls(channel, mmap.mmap(descriptor, SIZE))

    def detach(self):
        """Goes on in memory of its own: this is a copy of the process that the memory is about."""
        self._memory = bytearray(SIZE)
        self._view = memoryview(self._memory)
        self.copied = True

    @property
    def told(self):
        """What the supervisor says: ``STOP``, ``HAS_TERMINAL``, both or nothing."""
        return _TOLD.unpack_from(self._view, 0)[0]

    @property
    def stop_asked(self):
        """Whether the supervisor wants no further item to be started."""
        return self.told & STOP != 0

    def claim(self):
        """Takes the next item; false when the supervisor has taken back what is left of the queue.

        One word is written before the other is read; the supervisor writes the other, and reads the
        one some time later. So one of both knows what the other has done.
        """
        claimed = self._claimed + 1
        _COUNT.pack_into(self._view, _CLAIMED, claimed)
        (recalled,) = _COUNT.unpack_from(self._view, _RECALLED)
        if recalled and claimed >= recalled:
            _COUNT.pack_into(self._view, _CLAIMED, self._claimed)
            return False
        self._claimed = claimed
        return True

    def start_item(self, index):
        """Says that ``index`` runs from now on."""
        now = self._now()
        self._started += 1
        _TIMES.pack_into(self._view, 16, now, now, self._started)
        _ITEM.pack_into(self._view, 4, index, NONE)

    def start_phase(self, phase):
        """Says which phase of the item runs from now on."""
        _PHASE_START.pack_into(self._view, 24, self._now())
        _PHASE.pack_into(self._view, 8, phase)

    def set_item(self, index):
        """Says that an item runs, or none, without touching the times."""
        _ITEM.pack_into(self._view, 4, index, NONE)

    @property
    def item(self):
        """The index of the running item."""
        return _COUNT.unpack_from(self._view, 4)[0]

    @property
    def phase(self):
        """Which phase of it."""
        return _PHASE.unpack_from(self._view, 8)[0]

    @property
    def started(self):
        """How many items were started."""
        return self._started

    def start_file(self, name):
        """Says that a file of this name is collected from now on."""
        name = name.encode("utf-8", "backslashreplace")[:_LONGEST_NAME]
        self._view[RECORDS_OFFSET : RECORDS_OFFSET + len(name)] = name
        _COUNT.pack_into(self._view, 12, len(name))
        self.start_item(NO_ITEM)
        self.start_phase(COLLECTING)

    def start_fixture(self):
        """Says that a fixture of a wider scope is set up or torn down from now on."""
        _PHASE_START.pack_into(self._view, 40, self._now())

    def end_fixture(self):
        """Says that it was, and takes the time that it took from the item and its phase."""
        (start,) = _PHASE_START.unpack_from(self._view, 40)
        _PHASE_START.pack_into(self._view, 40, 0)
        if start:
            spent = self._now() - start
            item, phase = _BOTH_STARTS.unpack_from(self._view, 16)
            _BOTH_STARTS.pack_into(self._view, 16, item + spent, phase + spent)

    def pause(self):
        """Says that it waits for another process: no limit holds. Returns what ``resume`` needs."""
        (phase,) = _PHASE.unpack_from(self._view, 8)
        _PHASE.pack_into(self._view, 8, NONE)
        (fixture,) = _PHASE_START.unpack_from(self._view, 40)
        _PHASE_START.pack_into(self._view, 40, 0)
        return phase, fixture, self._now()

    def resume(self, paused):
        """Goes on as if there had been no pause; returns the phase and how long it was."""
        phase, fixture, since = paused
        spent = self._now() - since
        starts = _BOTH_STARTS.unpack_from(self._view, 16)
        _BOTH_STARTS.pack_into(self._view, 16, *(start + spent for start in starts))
        if fixture:
            _PHASE_START.pack_into(self._view, 40, fixture + spent)
        _PHASE.pack_into(self._view, 8, phase)
        return phase, spent / 1e9

    def limit(self):
        """Returns of which start a limit is reached, and what is to be raised."""
        start, length = _LIMIT.unpack_from(self._view, 64)
        return start, bytes(self._view[_TEXT : _TEXT + min(length, _MOST_TEXT)]).decode(
            "utf-8", "replace"
        )

    def limit_raised(self, start):
        """Says that the limit was raised in the test."""
        _COUNT.pack_into(self._view, 48, start)

    def debugged(self, start):
        """Says that a debugger is attached: no limit holds for what was started as this number."""
        _COUNT.pack_into(self._view, 52, start)

    def set_wide_fixtures(self, there_are):
        """Says whether fixtures of more than one item wait for their teardown."""
        _WIDE.pack_into(self._view, 36, int(there_are))

    def own_timer(self, start):
        """Says that the suite set a timer of its own for what was started as this number."""
        _COUNT.pack_into(self._view, 56, start)

    def append_head(self, *fields):
        """Commits a record without a payload."""
        start = RECORDS_OFFSET + self._used
        end = start + HEAD.size
        if end > SIZE:
            self.append(HEAD.pack(*fields))
            return
        HEAD.pack_into(self._view, start, *fields)
        self._commit(end)

    def append(self, record):
        """Commits a record, and sends what is there when that is due."""
        start = RECORDS_OFFSET + self._used
        end = start + len(record)
        if end > SIZE:
            self.flush()
            start, end = RECORDS_OFFSET, RECORDS_OFFSET + len(record)
            if end > SIZE or self.cut_off:
                self._send(record)
                return
        self._view[start:end] = record
        self._commit(end)

    def _commit(self, end):
        now = self._now()
        if not self._used:
            self._flush_at = now + _FLUSH_AFTER
        self._used = end - RECORDS_OFFSET
        _COUNT.pack_into(self._view, 12, self._used)
        if now >= self._flush_at:
            self.flush()

    def flush(self):
        """Sends the records that were not sent yet."""
        if self._used and not self.cut_off:
            end = RECORDS_OFFSET + self._used
            if self._send(self._view[RECORDS_OFFSET:end]):
                self._used = 0
                _COUNT.pack_into(self._view, 12, 0)

    def _send(self, records):
        try:
            self._channel.send(wire.RECORDS, records)
        except wire.Closed:
            self.cut_off = True
        return not self.cut_off
