"""Frames over a socket: ``u32 length``, ``u8 type``, payload."""

import errno
import json
import os
import re
import struct

# The C module: `signal` makes an object of each number.
from _signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals

# The C class, not `socket.socket`: plugins replace that one to forbid tests the network.
from _socket import (
    AF_UNIX,
    CMSG_SPACE,
    MSG_DONTWAIT,
    SCM_RIGHTS,
    SOCK_STREAM,
    SOL_SOCKET,
)
from _socket import socket as RawSocket
from collections import deque

try:
    from _socket import MSG_NOSIGNAL
except ImportError:  # macOS
    MSG_NOSIGNAL = 0
try:
    from _socket import MSG_CMSG_CLOEXEC
except ImportError:  # PyPy; what comes is moved, and the copy is closed on exec
    MSG_CMSG_CLOEXEC = 0

from hasten_worker.processes.descriptors import move_up

PROTOCOL = 1

HELLO = 1
ERROR = 2
SESSION = 3
SETTINGS = 4
CONFIGURED = 5
COLLECTED = 6
RECORDS = 7
WANT = 8
STOPPED = 9
BYE = 10
IDLE = 11
ITEMS = 12
NODES = 13
ASK_INPUTS = 14
GROUPS = 15
SUMMARY = 16
ONCE_ASK = 17
ONCE_TELL = 18
ONCE_ENDED = 19
ASK_TERMINAL = 20
LEAVE_TERMINAL = 21
ENDED = 22
ASK_HOLD = 23
HELD = 24

FORK = 65
DECISION = 66
RUN = 67
FINISH = 68
COLLECTION = 69
REPORTS = 70
NOTE = 71
END = 72
EXIT = 73
SELECTION = 74
INPUTS = 75
NODE = 76
NODE_DOWN = 77
ONCE = 78
ONCE_END = 79
TERMINAL = 80
LEAVE = 81
HOLD = 82

# Bound here: tests replace functions of modules.
_encode = json.JSONEncoder(default=repr, allow_nan=False, separators=(",", ":")).encode

_HEAD = struct.Struct("<IB")
_CHUNK = 1 << 18
_ANCILLARY = CMSG_SPACE(16 * 4)
_EVERY_SIGNAL = valid_signals()
# An escaped backslash, a whole pair, or (the group) half of one.
_LONE_SURROGATE = re.compile(
    r"\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u(d[89a-f][0-9a-f]{2})"
)


class Closed(BaseException):
    """A test closed the descriptor of the channel under a process that goes on without it."""


def encode_json(message):
    """Returns ``message`` as JSON that any reader accepts; what JSON cannot say becomes text."""
    try:
        text = _encode(message)
    except (TypeError, ValueError):  # NaN, infinity, odd keys, a value that contains itself
        text = _encode(plain(message))
    if "\\ud" in text:
        text = _LONE_SURROGATE.sub(_show_surrogate, text)
    return text.encode("ascii")


def plain(value, depth=20):
    """Returns ``value`` made of nothing but what JSON knows."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if depth and isinstance(value, (list, tuple)):
        return [plain(part, depth - 1) for part in value]
    if depth and isinstance(value, dict):
        return {
            key if isinstance(key, str) else repr(key): plain(part, depth - 1)
            for key, part in value.items()
        }
    if isinstance(value, float) and value - value == 0:
        return value
    return repr(value)


def _show_surrogate(match):
    # A node id or a message may hold bytes that are no text; readers other than Python
    # refuse half a surrogate pair, so it is shown as Python's own repr shows it.
    half = match.group(1)
    return "\\\\u" + half if half else match.group(0)


def descriptors_in(ancillary):
    """Returns the descriptors that came with a message, out of the way of tests."""
    found = []
    for level, kind, content in ancillary:
        if level == SOL_SOCKET and kind == SCM_RIGHTS:
            count = len(content) // 4
            found += map(move_up, struct.unpack(f"{count}i", content[: count * 4]))
    return found


class Channel:
    """One end of the socket pair that joins a Python process and the supervisor."""

    def __init__(self, descriptor):
        self._socket = RawSocket(AF_UNIX, SOCK_STREAM, 0, move_up(descriptor))
        self._socket.setblocking(True)  # whatever `socket.setdefaulttimeout` says
        self._received = bytearray()
        self._put_off = deque()  # frames that came while another one was waited for
        self._descriptors = []
        # A worker finishes its item when a test has closed the descriptor. In every other
        # case there is nobody left to speak to, or to clean up for.
        self.survives_closing = False
        self._is_silent = False

    def fileno(self):
        """Returns the descriptor of the socket."""
        return self._socket.fileno()

    def abandon(self):
        """Lets go of the descriptor: this is a copy of the process that speaks."""
        self._socket.close()

    def send(self, kind, payload=b""):
        """Sends a frame whole."""
        if self._is_silent:
            return
        parts = [memoryview(_HEAD.pack(len(payload) + 1, kind)), memoryview(payload)]
        # A signal handler of a test's must not run in the middle of a frame.
        before = pthread_sigmask(SIG_BLOCK, _EVERY_SIGNAL)
        try:
            while parts:
                sent = self._socket.sendmsg(parts, (), MSG_NOSIGNAL)
                while parts and sent >= len(parts[0]):
                    sent -= len(parts[0])
                    del parts[0]
                if sent:
                    parts[0] = parts[0][sent:]
        except OSError as error:
            self._lose(error.errno)
        finally:
            pthread_sigmask(SIG_SETMASK, before)

    def send_json(self, kind, message):
        """Sends a frame with a JSON payload."""
        self.send(kind, encode_json(message))

    def receive(self):
        """Waits for a frame; returns its type and its payload."""
        while True:
            frame = self._take()
            if frame is not None:
                return frame
            self._read(0)

    def receive_now(self):
        """Returns a frame that is there already, or None."""
        frame = self._take()
        if frame is None:
            try:
                self._read(MSG_DONTWAIT)
            except BlockingIOError:
                return None
            frame = self._take()
        return frame

    def receive_kind(self, kind):
        """Waits for a frame of this type, and returns its payload; others are received later."""
        if self._is_silent:
            raise Closed
        put_off = []
        try:
            while True:
                frame = self.receive()
                if frame[0] == kind:
                    return frame[1]
                put_off.append(frame)
        finally:
            self._put_off.extend(put_off)

    def fall_silent(self):
        """Says nothing any more: this process has left the run, and is not to be heard."""
        self._is_silent = True

    def is_closed(self, wait=False):
        """Whether the other side is gone, for a process that has left the run: it hears nothing.

        With ``wait``, returns when it is.
        """
        try:
            # What was sent before it knew that nobody listens may still lie there.
            while self._socket.recv(_CHUNK, 0 if wait else MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def take_descriptors(self, count):
        """Returns the next ``count`` descriptors that came, in the order they were sent."""
        taken = self._descriptors[:count]
        del self._descriptors[:count]
        if len(taken) < count:
            self._lose(0)
        return taken

    def close(self):
        """Closes the socket: in a child that has a channel of its own."""
        self._socket.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def _take(self):
        if self._put_off:
            return self._put_off.popleft()
        received = self._received
        if len(received) < 5:
            return None
        length, kind = _HEAD.unpack_from(received)
        if len(received) < 4 + length:
            return None
        payload = bytes(received[5 : 4 + length])
        del received[: 4 + length]
        return kind, payload

    def _read(self, flags):
        try:
            data, ancillary, _, _ = self._socket.recvmsg(
                _CHUNK, _ANCILLARY, MSG_CMSG_CLOEXEC | flags
            )
        except BlockingIOError:
            raise
        except OSError as error:
            self._lose(error.errno)
        self._descriptors += descriptors_in(ancillary)
        if not data:
            self._lose(0)
        self._received += data

    def _lose(self, number):
        if self.survives_closing and number in (errno.EBADF, errno.ENOTSOCK):
            raise Closed
        os._exit(1)
