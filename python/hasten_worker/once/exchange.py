"""What workers say to each other of a fixture, through the supervisor."""

import struct

from hasten_worker.messages import wire

VALUE = 0
FAILURE = 1
EACH = 2  # each worker sets it up for itself
NOTHING = 3  # to the supervisor: it was not set up; from it: set it up, and tell
SET_UP = 3

_TELL = struct.Struct("<BBI")


class Exchange:
    """Asks and tells."""

    def __init__(self, channel, journal, reports):
        self._channel = channel
        self._journal = journal
        self._reports = reports
        self.again = False  # the test that runs was run before

    def ask(self, key):
        """Returns what is known of a fixture, and its data; waits while another one sets it up."""
        try:
            self._journal.flush()
            self._channel.send(wire.ONCE_ASK, bytes([self.again]) + _text(key))
            paused = self._journal.pause()
            try:
                answer = self._channel.receive_kind(wire.ONCE)
            finally:
                self._reports.waited(*self._journal.resume(paused))
        except wire.Closed:
            self._journal.cut_off = True
            return EACH, b""
        return answer[0], answer[1:]

    def tell(self, kind, key, data=b"", has_teardown=False):
        """Says what has come of a fixture."""
        name = _text(key)
        try:
            self._channel.send(
                wire.ONCE_TELL, _TELL.pack(kind, has_teardown, len(name)) + name + data
            )
        except wire.Closed:
            self._journal.cut_off = True

    def tell_each(self, key, reason):
        """Says that each worker sets it up for itself, and why."""
        self.tell(EACH, key, _text(reason))


def _text(text):
    return text.encode("utf-8", "backslashreplace")
