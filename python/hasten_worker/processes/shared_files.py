"""Open files that several processes must not use: a fork would give each the same connection.

What one forked worker sends to a database, reads from it, or waits for is mixed with what the
others do; SQLite's locks belong to the process that opened the file. A file that is only read from
can be had anew after the fork.
"""

import fcntl
import os
import stat
from _socket import SO_ACCEPTCONN, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET
from _socket import socket as RawSocket

from hasten_worker.processes import descriptors
from hasten_worker.processes.child_processes import TRACKERS, of_tracker
from hasten_worker.processes.holders import holder, is_a, loaded

_FOLDER = "/proc/self/fd"
_SQLITE = b"SQLite format 3\0"
_DEVICES = ("/dev/nvidia", "/dev/kfd")
_KERNEL_OBJECTS = {
    "anon_inode:[eventpoll]": "an event loop or selector (epoll)",
    "anon_inode:[io_uring]": "an io_uring",
    "anon_inode:[eventfd]": "an event descriptor (eventfd)",
    "anon_inode:[timerfd]": "a timer (timerfd)",
    "anon_inode:[signalfd]": "a signal descriptor (signalfd)",
    "anon_inode:inotify": "a watch on files (inotify)",
}
_MODES = os.O_RDONLY | os.O_WRONLY | os.O_RDWR  # `os.O_ACCMODE`, which PyPy lacks
# SQLite opens its files so, and nobody else whose file may be empty.
_AS_SQLITE = getattr(os, "O_NOFOLLOW", 0) | os.O_RDWR

_inherited = set()


def note_inherited():
    """Remembers what the user's shell or CI has left open: that is nobody's connection here."""
    _inherited.update(target for _, target in _open_files())


def shared_files(rootpath, captured):
    """Returns why this process must not be forked: what is open, and which variable holds it.

    ``captured``: descriptors of pytest's capture.
    """
    rootpath, found = str(rootpath), []
    ours = {descriptors.identity(number) for number in captured}
    for number, target in _of_suite():
        if descriptors.identity(number) in ours:
            continue
        kind, held = _kind(number, target), None
        if kind is not None:
            held = _holder(number, rootpath)
        elif _is_written(number, target):
            kind, held = _kind_of_file(number, target, rootpath)
        if kind is not None:
            found.append({"kind": "files", "cause": f"{held} holds {kind}" if held else kind})
    return found


def read_files():
    """Returns the numbers of open files that are only read from: each process needs its place."""
    found = []
    for number, target in _of_suite():
        if target.startswith("/") and _mode(number) == os.O_RDONLY and _is_regular(number):
            found.append(number)
    return found


def open_anew(numbers):
    """In a process that was forked: such a file is at the same place, and moves for nobody else."""
    for number in numbers:
        try:
            position = os.lseek(number, 0, os.SEEK_CUR)
            is_inherited = os.get_inheritable(number)
            own = os.open(f"{_FOLDER}/{number}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # closed meanwhile, or not ours to open any more
            continue
        os.lseek(own, position, os.SEEK_SET)
        os.dup2(own, number, inheritable=is_inherited)
        os.close(own)


def _open_files():
    try:
        names = os.listdir(_FOLDER)
    except OSError:  # not Linux, where nothing is forked that has loaded something
        return
    for name in names:
        try:
            yield int(name), os.readlink(os.path.join(_FOLDER, name))
        except OSError:  # the folder itself, which is closed by now
            pass


def _of_suite():
    """Yields what was opened since the interpreter started, but by us."""
    for number, target in list(_open_files()):
        if target not in _inherited and number not in descriptors.OURS:
            yield number, target


def _kind(number, target):
    if target.startswith("socket:"):
        return _kind_of_socket(number)
    if target.startswith("pipe:"):
        trackers = [of_tracker(name, "_fd") for name in TRACKERS]
        return None if number in trackers else "a pipe"
    if target.startswith(_DEVICES):
        return f"a device ({target})"
    if target.startswith("/") and _is_sqlite(number):
        return f"an open SQLite database ({os.path.basename(target)})"
    return _KERNEL_OBJECTS.get(target)


def _kind_of_socket(number):
    """A stream has one place where it is; of datagrams, what is sent is whole, whoever sends it."""
    duplicate = os.dup(number)
    try:
        copy = RawSocket(fileno=duplicate)
    except OSError:  # of a family that Python does not know
        os.close(duplicate)
        return None
    try:
        if copy.type not in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET):
            return None
        if copy.type != SOCK_DGRAM and copy.getsockopt(SOL_SOCKET, SO_ACCEPTCONN):
            return f"a listening socket ({_address(copy.getsockname())})"
        peer = _peer(copy)
        if peer is not None:
            return f"a connection ({_address(peer)})" if copy.type != SOCK_DGRAM else None
        own = copy.getsockname()
        is_bound = own[1] != 0 if isinstance(own, tuple) else bool(own)
        return f"a bound socket ({_address(own)})" if is_bound else None
    except OSError:
        return None
    finally:
        copy.close()


def _peer(sock):
    try:
        return sock.getpeername()
    except OSError:  # not connected
        return None


def _address(address):
    if isinstance(address, tuple):
        return f"{address[0]}:{address[1]}"
    return os.fsdecode(address) or "a socket pair"


def _is_sqlite(number):
    try:
        return os.pread(number, len(_SQLITE), 0) == _SQLITE
    except OSError:  # not a file to read from
        return False


def _kind_of_file(number, target, rootpath):
    """Returns what a file is that is read from and written to, and who holds it, or None twice.

    One that no variable of the project holds is the business of a library.
    """
    name = os.path.basename(target)
    held = holder(rootpath, lambda value: _has(value, number))
    if held is not None:
        return f"a file to read and write ({name})", held
    # A database that was made just now; that of a connection is not known.
    flags = fcntl.fcntl(number, fcntl.F_GETFL)
    if flags & _AS_SQLITE == _AS_SQLITE and not os.fstat(number).st_size:
        classes = loaded("sqlite3.Connection")
        held = classes and holder(rootpath, lambda value: is_a(value, classes))
        if held:
            return f"an open SQLite database ({name})", held
    return None, None


def _is_written(number, target):
    """Whether it is a file that is read from and written to, at one place."""
    return (
        target.startswith("/")
        and descriptors.identity(number) not in descriptors.SHARED
        and _mode(number) == os.O_RDWR
        and _is_regular(number)
    )


def _mode(number):
    try:
        return fcntl.fcntl(number, fcntl.F_GETFL) & _MODES
    except OSError:  # closed meanwhile
        return None


def _is_regular(number):
    try:
        return stat.S_ISREG(os.fstat(number).st_mode)
    except OSError:
        return False


def _holder(number, rootpath):
    # A connection of SQLite does not say which file is its own.
    classes = loaded("sqlite3.Connection") if _is_sqlite(number) else ()
    return holder(rootpath, lambda value: is_a(value, classes) or _has(value, number))


def _has(value, number):
    if not hasattr(type(value), "fileno"):
        return False
    try:
        return value.fileno() == number
    except Exception:  # closed, or not what it looks like
        return False
