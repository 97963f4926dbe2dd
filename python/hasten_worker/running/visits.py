"""Who comes to a process that is kept after a failure: ``hasten attach``, through a socket."""

import json
import os

# The C class: plugins replace `socket.socket` to forbid tests the network.
from _socket import AF_UNIX, CMSG_SPACE, SOCK_STREAM
from _socket import socket as RawSocket
from select import POLLIN, poll

from hasten_worker.messages.wire import MSG_CMSG_CLOEXEC, descriptors_in
from hasten_worker.processes.descriptors import move_up

_LONGEST_REQUEST = 1 << 16
# Who connects says at once what for.
_PATIENCE = 10
_LONGEST_WAIT = 3600


class Visits:
    """The socket that is listened to."""

    def __init__(self, descriptor):
        self._socket = RawSocket(AF_UNIX, SOCK_STREAM, 0, descriptor)
        self._socket.setblocking(True)
        self._poll = poll()
        self._poll.register(descriptor, POLLIN)

    def next(self, seconds):
        """Returns the next one who comes within these seconds and says what for, or None."""
        if not self._poll.poll(min(seconds, _LONGEST_WAIT) * 1000):
            return None
        descriptor, _ = self._socket._accept()
        visit = Visit(RawSocket(AF_UNIX, SOCK_STREAM, 0, move_up(descriptor)))
        if visit.receive():
            return visit
        visit.close()
        return None

    def close(self):
        """Listens no more."""
        self._socket.close()


class Visit:
    """One who has come: what it wants, and its terminal."""

    def __init__(self, socket):
        self._socket = socket
        self.releases = False  # it is not to debug
        self.terminal = None  # its TERM, where it has one
        self.stdin = self.stdout = None

    def receive(self):
        """Reads the request; returns whether it is one."""
        self._socket.settimeout(_PATIENCE)
        received, descriptors = bytearray(), []
        try:
            while b"\n" not in received and len(received) < _LONGEST_REQUEST:
                data, ancillary, _, _ = self._socket.recvmsg(4096, CMSG_SPACE(8), MSG_CMSG_CLOEXEC)
                descriptors += descriptors_in(ancillary)
                if not data:
                    break
                received += data
            self._socket.setblocking(True)
            request = json.loads(bytes(received))
        except (OSError, ValueError):
            request = None
        known = isinstance(request, dict) and request.get("do") in ("debug", "release")
        if not (known and len(descriptors) == 2):
            for descriptor in descriptors:
                os.close(descriptor)
            return False
        self.stdin, self.stdout = descriptors
        self.releases = request["do"] == "release"
        self.terminal = request.get("terminal")
        return True

    def say(self, **message):
        """Sends a line. Who went away misses nothing."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass

    def close(self):
        """Lets it go, with its terminal."""
        self._socket.close()
        for descriptor in (self.stdin, self.stdout):
            if descriptor is not None:
                os.close(descriptor)
        self.stdin = self.stdout = None
