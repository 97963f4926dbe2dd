"""Open files that several processes must not use: a fork would give each the same connection.

What one forked worker sends to a database, reads from it, or waits for is mixed with what the
others do; SQLite's locks belong to the process that opened the file.
"""

import gc
import os
import sys
import types
from _socket import SO_ACCEPTCONN, SOCK_STREAM, SOL_SOCKET
from _socket import socket as RawSocket

from hasten_worker.processes import descriptors

_FOLDER = "/proc/self/fd"
_SQLITE = b"SQLite format 3\0"
_DEVICES = ("/dev/nvidia", "/dev/kfd")
# How far from a module's variable what holds the file is looked for.
_DEPTH = 6
_MOST_OBJECTS = 20_000

_inherited = set()


def note_inherited():
    """Remembers what the user's shell or CI has left open: that is nobody's connection here."""
    _inherited.update(target for _, target in _open_files())


def shared_files(rootpath):
    """Returns why this process must not be forked: what is open, and which variable holds it."""
    found = []
    for number, target in _open_files():
        if target in _inherited or number in descriptors.OURS:
            continue
        kind = _kind(number, target)
        if kind is not None:
            holder = _holder(number, str(rootpath))
            cause = f"{holder} holds {kind}" if holder else kind
            found.append({"kind": "files", "cause": cause})
    return found


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


def _kind(number, target):
    if target.startswith("socket:"):
        return _kind_of_socket(number)
    if target == "anon_inode:[eventpoll]":
        return "an event loop or selector (epoll)"
    if target == "anon_inode:[io_uring]":
        return "an io_uring"
    if target.startswith(_DEVICES):
        return f"a device ({target})"
    if target.startswith("/") and _is_sqlite(number):
        return f"an open SQLite database ({os.path.basename(target)})"
    return None


def _kind_of_socket(number):
    """Datagrams are whole, whoever sends them; a stream has one place where it is."""
    duplicate = os.dup(number)
    try:
        copy = RawSocket(fileno=duplicate)
    except OSError:  # of a family that Python does not know
        os.close(duplicate)
        return None
    try:
        if copy.type != SOCK_STREAM:
            return None
        if copy.getsockopt(SOL_SOCKET, SO_ACCEPTCONN):
            return f"a listening socket ({_address(copy.getsockname())})"
        return f"a connection ({_address(copy.getpeername())})"
    except OSError:  # not connected
        return None
    finally:
        copy.close()


def _address(address):
    if isinstance(address, tuple):
        return f"{address[0]}:{address[1]}"
    return os.fsdecode(address) or "a socket pair"


def _is_sqlite(number):
    try:
        return os.pread(number, len(_SQLITE), 0) == _SQLITE
    except OSError:  # not a file to read from
        return False


def _holder(number, rootpath):
    """Names the variable of a module of the project's from which the file is reached."""
    # A connection of SQLite does not say which file is its own.
    sqlite = sys.modules.get("sqlite3")
    classes = (sqlite.Connection,) if sqlite is not None and _is_sqlite(number) else ()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(rootpath + os.sep) or "site-packages" in file:
            continue
        for variable, value in list(vars(module).items()):
            if _leads_to(value, number, classes):
                return f"{os.path.relpath(file, rootpath)}: {variable}"
    return None


def _leads_to(value, number, classes):
    seen, level = set(), [value]
    for _ in range(_DEPTH):
        following = []
        for each in level:
            if id(each) in seen or isinstance(each, _ELSEWHERE):
                continue
            seen.add(id(each))
            if isinstance(each, classes) or _has(each, number):
                return True
            following.extend(gc.get_referents(each))
        if len(seen) > _MOST_OBJECTS:
            return False
        level = following
    return False


# What belongs to other modules.
_ELSEWHERE = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    str,
    bytes,
    int,
)


def _has(value, number):
    if not hasattr(type(value), "fileno"):
        return False
    try:
        return value.fileno() == number
    except Exception:  # closed, or not what it looks like
        return False
