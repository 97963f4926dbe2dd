"""The process on the terminal: pytest's own session."""

import atexit
import json
import os
import sys
import threading
import traceback

from hasten_worker import roles
from hasten_worker.collection.kept_bytecode import keep
from hasten_worker.collection.selection import Selection
from hasten_worker.collection.session import Session
from hasten_worker.collection.times import TIMES
from hasten_worker.configuration import vscode
from hasten_worker.configuration.kept_out import bring_back
from hasten_worker.configuration.settings import settings
from hasten_worker.inspection.hooks import PYTEST_AND_OURS, others
from hasten_worker.inspection.tracebacks import without_our_frames
from hasten_worker.messages import wire
from hasten_worker.messages.wire import Channel
from hasten_worker.plugin import Plugin
from hasten_worker.processes import frozen
from hasten_worker.processes.forking import ForkFailed, fork_off
from hasten_worker.processes.hazards import Audit
from hasten_worker.processes.stacks import write_stacks
from hasten_worker.running.timers import keep_timers_out
from hasten_worker.terminal.controller import Controller
from hasten_worker.terminal.notes import Notes
from hasten_worker.terminal.recorder import Recorder


def run(channel, args, descriptors):
    """Runs main, and whatever it becomes; returns the exit status."""
    memory, stacks = descriptors
    write_stacks(stacks)
    for name in roles.IDENTITY:
        os.environ.pop(name, None)
    plugin = Plugin(Main(channel, memory))
    try:
        status = _console(args, plugin)
    except Exception as error:
        # A plugin has raised where pytest does not expect it. Python would show that, and end so.
        sys.stderr.write(without_our_frames(traceback.format_exc()))
        plugin.role.died(error)
        return 1
    except BaseException as error:
        plugin.role.died(error)
        raise
    status = plugin.role.leave(status)
    if plugin.role.distributes:
        _exit(status)
    return status


def _exit(status):
    """Ends as the interpreter does, but leaves the memory to the operating system.

    Taking the reports of thousands of tests apart, one after another, is time that somebody
    waits for.
    """
    for step in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        try:
            step()
        except Exception:
            sys.excepthook(*sys.exc_info())
    os._exit(status & 0xFF)


def _console(args, plugin):
    """Runs pytest as its command does."""
    try:
        status = roles.run_pytest(args, plugin)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python flushes the standard streams at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class Main:
    """The role of a process that has asked whether to distribute."""

    def __init__(self, channel, memory):
        self._channel = channel
        self._memory = memory  # a descriptor
        self._notes = Notes(channel)
        self._decision = None
        self._controller = None
        self._audit = None  # of the conftest files that the session will share

    @property
    def distributes(self):
        """Whether others run the tests."""
        return bool(self._decision and self._decision["distribute"])

    def before_conftests(self, plugin, config):
        """Asks the supervisor what to do.

        The session loads the conftest files with us, and is forked after that, unless a plugin
        takes part: what that one does must happen with a worker's identity.
        """
        self._channel.send_json(wire.SETTINGS, settings(config))
        decision = self._decision = self._wait_for_decision()
        if decision["session"]:
            hook = config.pluginmanager.hook.pytest_load_initial_conftests
            if others(hook, PYTEST_AND_OURS):
                if self._fork_session(plugin, config):
                    return
            else:
                self._audit = Audit(absent=True)
                self._audit.start()
        if decision["distribute"]:
            keep_timers_out(config.pluginmanager)
            keep(config)
        self._set_options(config.known_args_namespace)

    def after_conftests(self, plugin, config):
        """Forks the session if it is to come from here, and takes pytest's place or watches it."""
        if self._audit and self._fork_loaded_session(plugin, config):
            return
        manager = config.pluginmanager
        manager.register(self._notes)
        if self.distributes:
            TIMES.stop()
            self._controller = Controller(self._channel, self._notes, self._decision["worker"])
            self._controller.register(manager)
            vscode.in_main(config)
        else:
            bring_back(config)
            forecasts = self._decision is not None and self._decision.get("forecast")
            Recorder(self._channel, self._memory, self._notes, forecasts).register(manager)
            if self._decision.get("select"):
                manager.register(Selection(self._channel))

    def parsed(self, config):
        """The command line was parsed, the conftest files were loaded."""
        if self._decision is not None:
            self._set_options(config.option)

    def failed(self, error):
        """pytest cannot start, and says so itself."""

    def died(self, error):
        """An exception leaves pytest: Python will show it."""
        status = error.code if isinstance(error, SystemExit) else 1
        self.leave(status if isinstance(status, int) else 1)

    def leave(self, status):
        """Says BYE; the interpreter ends as it does after any program."""
        message = {
            "exitstatus": int(status),
            "errors": [],
            "session_status": self._controller and self._controller.status,
        }
        self._channel.send_json(wire.BYE, message)
        self._channel.close()
        return int(status)

    def _wait_for_decision(self):
        while True:
            kind, payload = self._channel.receive()
            message = json.loads(payload)
            if kind == wire.DECISION:
                return message
            if kind == wire.NOTE:
                self._notes.add(message)

    def _fork_loaded_session(self, plugin, config):
        """Returns whether this is the session, which has what the conftest files left here."""
        unsafe = self._audit.hazards(config)
        if unsafe:
            for descriptor in self._channel.take_descriptors(3):
                os.close(descriptor)
            self._channel.send_json(wire.SESSION, {"forked": False, "unsafe": unsafe})
        else:
            # What is frozen is never written to by the collector, so that it stays shared.
            frozen.freeze()
            if self._fork_session(plugin, config):
                return True
        self._audit.stop()
        return False

    def _fork_session(self, plugin, config):
        """Returns whether this is the session."""
        descriptors = self._channel.take_descriptors(3)
        try:
            is_session = fork_off(own_group=True)
        except ForkFailed as error:
            roles.complain_about_fork(self._channel, error)
            is_session = False
        if not is_session:
            for descriptor in descriptors:
                os.close(descriptor)
            self._channel.send_json(wire.SESSION, {"forked": True, "unsafe": []})
            return False
        self._channel.close()
        socket, memory, stacks = descriptors
        channel = Channel(socket)
        roles.say_hello(channel, "session")
        write_stacks(stacks)
        identity = self._decision["worker"]
        plugin.role = Session(channel, identity, memory, self._audit, config)
        plugin.role.begin(config)
        return True

    def _set_options(self, option):
        """Leaves the options of a controller of pytest-xdist, or those of ``-n 0``."""
        if not self._decision["distribute"]:
            option.numprocesses = 0
            option.dist = "no"
            option.tx = []
            return
        if option.numprocesses is None:
            option.numprocesses = "auto"
        if option.dist == "no":
            option.dist = "load"
