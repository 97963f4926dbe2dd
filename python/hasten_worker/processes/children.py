"""Children that this process keeps, and the supervisor is told of when they end.

A child that is handed over to the supervisor takes two forks, each of which copies the tables of
all pages. For a process that is to run one test that is the larger part of its cost.
"""

import select
import signal
from os import close, getpid, waitpid

from hasten_worker.messages import wire
from hasten_worker.processes.descriptors import move_up

try:
    from os import CLD_EXITED, P_PID, WEXITED, WNOWAIT, pidfd_open, waitid
except ImportError:  # not Linux
    pidfd_open = None


class Children:
    """The children of a process that serves a channel."""

    def __init__(self, channel):
        self._channel = channel
        self._running = {}  # the id of each, by a descriptor that tells when it ends
        self._ended = []  # told of, and kept as they are until the supervisor has read it

    @staticmethod
    def can_be_kept():
        """Whether the system says when and how a child ends."""
        if pidfd_open is None or signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
            return False
        try:
            close(pidfd_open(getpid()))
        except OSError:  # before Linux 5.3
            return False
        return True

    def add(self, pid):
        """Keeps a child."""
        self._running[move_up(pidfd_open(pid))] = pid

    def forget(self):
        """In a child: those before it are not its own."""
        for descriptor in self._running:
            close(descriptor)
        self._running.clear()

    def wait(self):
        """Returns when the channel has something, and meanwhile tells of those that end."""
        for pid in self._ended:
            _take(pid)
        self._ended.clear()
        while self._running:
            poll = select.poll()
            for descriptor in (self._channel.fileno(), *self._running):
                poll.register(descriptor, select.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll()}
            for descriptor in ready & self._running.keys():
                self._tell(descriptor)
            if self._channel.fileno() in ready:
                return

    def _tell(self, descriptor):
        pid = self._running.pop(descriptor)
        close(descriptor)
        self._channel.send_json(wire.ENDED, {"pid": pid, "status": _status(pid)})
        # Until it is taken, nothing else gets its id.
        self._ended.append(pid)


def _status(pid):
    """Returns how a child ended, as ``waitpid`` says it."""
    try:
        ended = waitid(P_PID, pid, WEXITED | WNOWAIT)
    except ChildProcessError:  # somebody else has waited for it
        return 1 << 8
    return ended.si_status << 8 if ended.si_code == CLD_EXITED else ended.si_status


def _take(pid):
    try:
        waitpid(pid, 0)
    except ChildProcessError:
        pass
