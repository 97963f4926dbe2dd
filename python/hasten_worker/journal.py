"""The memory in which a worker says what it is doing, and which outlives it."""

import mmap
import struct
import time

from hasten_worker import wire
from hasten_worker.records import HEAD, NO_ITEM

SIZE = 1 << 20
RECORDS_OFFSET = 64

NONE = 0
SETUP = 1
CALL = 2
TEARDOWN = 3
ENDING = 4

# Long enough that tiny tests share a frame, too short for anybody to see.
_FLUSH_AFTER = 5_000_000

_STOP = struct.Struct("<I")
_ITEM = struct.Struct("<II")
_COUNT = struct.Struct("<I")
_TIMES = struct.Struct("<QQI")
_PHASE = struct.Struct("<I")
_PHASE_START = struct.Struct("<Q")
_WIDE = struct.Struct("<I")


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
        # Bound here: a plugin that freezes time replaces functions in modules.
        self._now = time.monotonic_ns
        self.set_item(NO_ITEM)

    @classmethod
    def of_worker(cls, channel, descriptor):
        """Returns a journal in the memory that the supervisor reads, too."""
        return cls(channel, mmap.mmap(descriptor, SIZE))

    @classmethod
    def of_main(cls, channel):
        """Returns a journal that nobody else reads: a buffer for records."""
        return cls(channel, bytearray(SIZE))

    def detach(self):
        """Goes on in memory of its own: this is a copy of the process that the memory is about."""
        self._memory = bytearray(SIZE)
        self._view = memoryview(self._memory)
        self.copied = True

    @property
    def stop_asked(self):
        """Whether the supervisor wants no further item to be started."""
        return _STOP.unpack_from(self._view, 0)[0] != 0

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

    def set_item(self, index, phase=NONE):
        """Says that an item runs, or none, without touching the times."""
        _ITEM.pack_into(self._view, 4, index, phase)

    def set_wide_fixtures(self, there_are):
        """Says whether fixtures of more than one item wait for their teardown."""
        _WIDE.pack_into(self._view, 36, int(there_are))

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
