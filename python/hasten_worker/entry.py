"""Reads our own command line, and runs the role that it or a FORK message names."""

import os
import sys
import traceback

from hasten_worker.messages import wire
from hasten_worker.messages.wire import Channel
from hasten_worker.processes.descriptors import move_up

OLDEST_PYTEST = (7, 0)


def main(arguments):
    """Runs a base or a worker; returns the exit status of this process."""
    options = dict(zip(arguments[::2], arguments[1::2]))
    channel = Channel(int(options["--fd"]))
    descriptors = [move_up(int(number)) for number in options.get("--fds", "").split(",") if number]
    _look_like_pytest()
    path = os.environ.pop("HASTEN_SYS_PATH", None)
    if path is not None:  # that of the pytest which handed the run over
        sys.path[:] = path.split(os.pathsep)
    try:
        if not _import_pytest(channel):
            return 1
        from hasten_worker import roles

        return roles.run(channel, options["--role"], descriptors)
    except Exception as error:
        message = {"kind": "internal", "message": repr(error), "detail": traceback.format_exc()}
        channel.send_json(wire.ERROR, message)
        return 1


def _look_like_pytest():
    """Makes ``__main__`` what it is under the ``pytest`` command: a script of that name.

    `multiprocessing` imports the main script again in processes that it spawns.
    """
    script = os.path.join(os.path.dirname(sys.executable), "pytest")
    module = sys.modules["__main__"]
    if os.path.exists(script):
        module.__file__ = script
    module.__spec__ = None
    sys.argv[:] = [script]


def _import_pytest(channel):
    try:
        import pytest
    except ImportError as error:
        if (error.name or "pytest").partition(".")[0] not in ("pytest", "_pytest"):
            raise
        message = f"pytest is not installed for {sys.executable}"
        channel.send_json(
            wire.ERROR, {"kind": "no-pytest", "message": message, "detail": str(error)}
        )
        return False
    version = tuple(int(part) for part in pytest.__version__.split(".")[:2])
    if version < OLDEST_PYTEST:
        message = (
            f"pytest {pytest.__version__} is too old: hasten needs pytest 7.0 or newer "
            f"({sys.executable})"
        )
        channel.send_json(wire.ERROR, {"kind": "old-pytest", "message": message, "detail": None})
        return False
    return True
