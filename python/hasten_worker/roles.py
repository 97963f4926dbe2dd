"""From a message to a process that plays a role."""

import importlib
import json
import os
import signal
import sys

import _pytest.config
import pytest

from hasten_worker.messages import wire
from hasten_worker.messages.wire import Channel
from hasten_worker.processes import frozen
from hasten_worker.processes.forking import ForkFailed, fork_off
from hasten_worker.processes.randomness import RandomState
from hasten_worker.processes.shared_files import note_inherited

# pytest imports these while it configures itself or ends.
_LATE_IMPORTS = (
    "getpass",
    "importlib.metadata",
    "pdb",
    "_pytest.assertion.rewrite",
    "_pytest.stepwise",
)
IDENTITY = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")


def run(channel, role, descriptors):
    """Plays ``role`` until it ends; returns the exit status of this process."""
    # Imported while base starts, so that no forked process has to.
    _warm_up()
    silent = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    try:
        from hasten_worker.collection.times import TIMES
        from hasten_worker.running import fixture_times, worker
        from hasten_worker.terminal import main
    finally:
        sys.dont_write_bytecode = silent
    fixture_times.weave_into_pytest()
    TIMES.listen()
    RandomState.remember()
    note_inherited()
    frozen.answer_questions()
    # Kept from the collector of every process to come, so that they share it.
    frozen.freeze_all()
    say_hello(channel, role)
    if role == "worker":
        order = _order(channel)
        if order is None:
            return 0
        return worker.load_and_run(channel, order["worker"], order["args"], descriptors)
    order = _serve(channel)
    if order is None:
        return 0
    # A forked child comes back here, so that it ends as a process of its own would.
    channel, order, descriptors = order
    say_hello(channel, order["role"])
    if order["role"] == "main":
        return main.run(channel, order["args"], descriptors)
    return worker.load_and_run(channel, order["worker"], order["args"], descriptors)


def say_hello(channel, role):
    """Sends HELLO."""
    message = {
        "protocol": wire.PROTOCOL,
        "role": role,
        "pid": os.getpid(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "pytest": pytest.__version__,
        "executable": sys.executable,
        "platform": sys.platform,
    }
    channel.send_json(wire.HELLO, message)


def run_pytest(args, plugin):
    """Runs pytest with this command line, as the ``pytest`` command does."""
    sys.argv[1:] = args
    # The supervisor starts Python with Ctrl-C ignored, so that imports are not interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(_pytest.config, "_main"):  # 9.2; its public twin says `pytest.main()` in texts
        return _pytest.config._main(args=list(args), plugins=[plugin], prog="pytest")
    return _pytest.config.main(list(args), plugins=[plugin])


def _warm_up():
    """Imports what every process needs for its start."""
    for name in _pytest.config.default_plugins:
        importlib.import_module("_pytest." + name)
    for name in _LATE_IMPORTS:
        importlib.import_module(name)


def _order(channel):
    kind, payload = channel.receive()
    return json.loads(payload) if kind == wire.FORK else None


def _serve(channel):
    """Forks what is asked for; returns in a child, with its channel, or at the end with None."""
    while True:
        order = _order(channel)
        if order is None:
            return None
        descriptors = channel.take_descriptors(6 if order["role"] == "worker" else 3)
        try:
            child = fork_off(own_group=order["role"] != "main")
        except ForkFailed as error:
            complain_about_fork(channel, error)
            child = False
        if child:
            channel.close()
            return Channel(descriptors[0]), order, descriptors[1:]
        for descriptor in descriptors:
            os.close(descriptor)


def complain_about_fork(channel, error):
    """Sends ERROR: the operating system gives no further process."""
    channel.send_json(
        wire.ERROR, {"kind": "fork", "message": f"cannot fork: {error}", "detail": None}
    )
