"""The process that loads conftest files and collects: a snapshot that workers are forked from.

A worker that loads and collects for itself is the same, but knows who it is from the start, and
goes on to run items.
"""

import faulthandler
import gc
import json
import os
import time

import pytest
from _pytest._io.terminalwriter import should_do_markup

from hasten_worker import roles
from hasten_worker.collection.collected import Collection
from hasten_worker.collection.compile_ahead import CompileAhead
from hasten_worker.collection.hook_proxies import remember_hook_proxies
from hasten_worker.collection.kept_bytecode import keep
from hasten_worker.collection.selection import Selection
from hasten_worker.collection.shortcuts import Shortcuts
from hasten_worker.collection.times import TIMES
from hasten_worker.configuration import stepwise
from hasten_worker.configuration.coverage import keep_data_of_others
from hasten_worker.fused import protocol as fused
from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.inspection.tracebacks import without_our_frames
from hasten_worker.messages import journal as words
from hasten_worker.messages import wire
from hasten_worker.messages.benchmarks import MeasureInWorker
from hasten_worker.messages.ending import stopped
from hasten_worker.messages.journal import Journal
from hasten_worker.messages.junit import ProvideXml
from hasten_worker.messages.node_values import from_text
from hasten_worker.messages.wire import Channel
from hasten_worker.processes import frozen, shared_files
from hasten_worker.processes.children import Children
from hasten_worker.processes.forking import ForkFailed, fork_child, fork_off
from hasten_worker.processes.hazards import Audit
from hasten_worker.processes.identity import (
    WorkerInput,
    set_environment,
    worker_input,
)
from hasten_worker.processes.stacks import write_stacks
from hasten_worker.processes.streams import Streams
from hasten_worker.running import debugging
from hasten_worker.running.adoption import adopt
from hasten_worker.running.registration import register
from hasten_worker.running.time_limit import TimeLimit
from hasten_worker.running.timers import keep_timers_out, mend_marks
from hasten_worker.running.worker import Worker, leave, temporary_folder


class Session:
    """The role, and the plugin with its hooks."""

    forks = True

    def __init__(self, channel, identity, memory, audit=None, config=None):
        self._channel = channel
        self._identity = identity
        self._journal = Journal.of_worker(channel, memory)
        self._collection = Collection()
        self._audit = audit
        self._config = config
        self._session = None  # once it collects
        self._ahead = None
        self._kept = None
        self._stopped = None
        self._seconds = 0.0
        self._worker = None  # what this process has become
        self._markup = _has_markup()
        self._debugging = []  # plugins, while it collects
        self.streams = Streams()
        if config is not None:
            self.streams.watch(config)
            self.streams.part_from_parent()
        self.streams.quiet()
        set_environment(identity)
        if self.forks or identity.get("audit"):
            if self._audit is None:
                self._audit = Audit()
                self._audit.start()
            self._audit.is_worker()

    # What the plugin of every role asks for.

    def before_conftests(self, plugin, config):
        """A worker that loads for itself is one before any conftest can ask."""
        self.begin(config)

    def after_conftests(self, plugin, config):
        """They were loaded."""

    def begin(self, config):
        """Takes the identity of a worker."""
        self._config = config
        config.workerinput = WorkerInput(
            worker_input(self._identity), self._ask_inputs if self.forks else None
        )
        self._take_input(self._identity)
        config.workeroutput = {}
        manager = config.pluginmanager
        manager.set_blocked("terminalprogress-plugin")
        keep_timers_out(manager)
        self._kept = keep(config)
        # As many processes as there may be workers; those that load for themselves are that many.
        self._ahead = CompileAhead(config, self._kept, self._identity["count"] if self.forks else 1)
        manager.register(self)
        manager.register(ProvideXml())
        manager.register(MeasureInWorker())
        if self._identity.get("select"):
            manager.register(Selection(self._channel))
        keep_data_of_others(config.known_args_namespace)
        self._set_options(config.known_args_namespace)

    def _ask_inputs(self):
        """Returns what plugins have added in main to the input of each worker, this one first."""
        self._channel.send(wire.ASK_INPUTS, b"")
        kind, payload = self._channel.receive()
        if kind != wire.INPUTS:
            os._exit(0)
        inputs = {name: from_text(text) for name, text in json.loads(payload).items()}
        own = inputs.pop(self._identity["id"], {})
        return [own, *inputs.values()]

    def _take_input(self, identity):
        text = identity.get("input")
        if text is not None:
            self._config.workerinput.complete(from_text(text))

    def parsed(self, config):
        """The command line was parsed, the conftest files were loaded."""
        self._set_options(config.option)
        if getattr(config.option, "color", "") == "auto" and self._markup:
            # Colours are part of texts that are made here: of a difference, of log lines.
            config.option.color = "yes"

    def failed(self, error):
        """pytest cannot start. main fails in the same way, and prints why."""
        self._stop(error)
        os._exit(4)

    def died(self, error):
        """An exception leaves pytest."""
        if self._worker is not None:
            leave(self._worker, 3, [self._describe(error)])
        self._stop(error)
        os._exit(3)

    def leave(self, status):
        """pytest has ended."""
        if self._worker is None:
            if self._stopped is None and int(status) not in (0, 1, 5):
                kind = "usage" if int(status) == 4 else "internal"
                message = {"kind": kind, "message": "", "returncode": int(status)}
                self._channel.send_json(wire.STOPPED, message)
            self._channel.send_json(wire.BYE, {"exitstatus": int(status), "errors": []})
            os._exit(int(status) & 0xFF)
        leave(self._worker, int(status), [])

    def _stop(self, error):
        if self._stopped is None:
            self._stopped = stopped(error, self._config)
            self._channel.send_json(wire.STOPPED, self._stopped)

    def _describe(self, error):
        return stopped(error, self._config)["message"] or repr(error)

    def _set_options(self, option):
        """Leaves the options of a worker of pytest-xdist."""
        option.loadgroup = option.dist == "loadgroup"
        option.looponfail = False
        option.dist = "no"
        option.distload = False
        option.numprocesses = None
        option.maxprocesses = None
        basetemp = self._identity.get("basetemp")
        if not self.forks and basetemp:
            option.basetemp = os.path.join(basetemp, temporary_folder(self._identity))

    # Hooks.

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        self.streams.watch(config)
        mend_marks(config.pluginmanager)
        _detach_reporter(config)
        stderr = self.streams.real_stderr()
        if stderr is not None and faulthandler.is_enabled():
            # pytest gave it what is stderr now. A crash in collection has to be seen.
            faulthandler.enable(file=stderr)

    @hook_wrapper(tryfirst=True)
    def pytest_collection(self, session):
        self._session = session
        self.streams.hold()
        TimeLimit(self._journal, None)
        self._begin_debugging(self._config)
        collects = gc.isenabled()
        gc.disable()
        started = time.perf_counter()
        remember_hook_proxies(session)
        try:
            with Shortcuts():
                return (yield)
        except BaseException as error:
            message = stopped(error, self._config)
            if message["kind"] != "internal":  # its text is made later
                self._abort(message)
            raise
        finally:
            self._seconds = time.perf_counter() - started
            self._kept.remove()
            self._end_debugging(self._config.pluginmanager)
            if collects:
                gc.enable()
            if self._audit:
                self._audit.stop()

    def _begin_debugging(self, config):
        self._debugging = debugging.plugins(config, self._channel, self._journal, self.streams)
        for plugin in self._debugging:
            register(self._session, plugin)

    def _end_debugging(self, manager):
        for plugin in self._debugging:
            manager.unregister(plugin)
        debugging.give_back_what_is_lent(self._channel, self._journal)

    def _abort(self, message):
        """Sends what was collected until something happened, and what that was."""
        self._stopped = message
        self._send_collected(self._session)

    @hook_wrapper(tryfirst=True)
    def pytest_make_collect_report(self, collector):
        is_file = isinstance(collector, pytest.File)
        if is_file:
            debugging.give_back_what_is_lent(self._channel, self._journal)
            self._journal.start_file(collector.nodeid)
        report = yield
        if is_file:
            self._journal.start_phase(words.NONE)
        self._ahead.look(collector, report)
        return report

    @pytest.hookimpl
    def pytest_collectreport(self, report):
        self._collection.add_report(report, self._config)

    @pytest.hookimpl
    def pytest_deselected(self, items):
        self._collection.deselected += len(items)

    @pytest.hookimpl
    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        if self._worker is None:
            self._collection.add_warning(warning_message, when, nodeid, location)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        self._collection.finish(session)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr):
        if self._worker is None and self._stopped is None:
            text = without_our_frames(str(excrepr))
            message = {"kind": "internal", "message": text, "returncode": None}
            if self._session is not None:
                self._abort(message)
            else:
                self._stopped = message
                self._channel.send_json(wire.STOPPED, message)
        return True  # else pytest prints it

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo):
        if self._worker is None:
            self._stop(excinfo.value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self._send_collected(session, self._audit.hazards(self._config))
        read_files = shared_files.read_files()
        TIMES.stop()
        why_not_fused = fused.why_not(session)
        frozen.freeze()
        order = self._serve()
        if order is None:
            # Nobody was forked from here: what this session began, it ends itself.
            self.streams.quiet()
            return True
        shared_files.open_anew(read_files)
        return self._become_worker(session, why_not_fused, *order)

    def _send_collected(self, session, unsafe=()):
        self._collection.output = self.streams.release()
        self._collection.drained = self.streams.nothing_is_captured()
        filters = self._identity.get("filters") or ()
        message = self._collection.message(session, self._seconds, unsafe, self._stopped, filters)
        message["stepwise"] = stepwise.leave_to_main(session.config)
        self._channel.send_json(wire.COLLECTED, message)

    def _serve(self):
        """Forks a worker for each FORK; returns in a worker, or with None where there was none."""
        forked = False
        children = Children(self._channel)
        while True:
            children.wait()
            kind, payload = self._channel.receive()
            if kind != wire.FORK:
                if forked:
                    os._exit(0)
                return None
            descriptors = self._channel.take_descriptors(6)
            order = json.loads(payload)
            try:
                child = _fork_for(order, children)
                forked = True
            except ForkFailed as error:
                roles.complain_about_fork(self._channel, error)
                child = False
            if child:
                children.forget()
                self._channel.close()
                return Channel(descriptors[0]), order["worker"], descriptors[1:]
            for descriptor in descriptors:
                os.close(descriptor)

    def _become_worker(self, session, why_not_fused, channel, identity, descriptors):
        roles.say_hello(channel, "worker")
        self._channel = channel
        set_environment(identity)
        self._config.workerinput.complete({})
        self._config.workerinput.update(worker_input(identity))
        self._take_input(identity)
        adopt(self._config)
        self._worker = Worker(channel, identity, descriptors, self.streams)
        if self.forks:
            self._worker.forget_inherited()
        return self._worker.run(session, why_not_fused)


class LoadingWorker(Session):
    """A worker that loads and collects for itself, in a process that nobody forks from."""

    forks = False

    def __init__(self, channel, identity, descriptors):
        super().__init__(channel, identity, descriptors[0])
        self._descriptors = descriptors
        self._bring_back = None  # `--pdb`, where another worker has it for the collection of all
        write_stacks(descriptors[3])

    def _begin_debugging(self, config):
        if debugging.after_failures(config) and self._identity["id"] != "gw0":
            self._bring_back = debugging.put_off_post_mortem(config.pluginmanager)
        else:
            super()._begin_debugging(config)

    def _end_debugging(self, manager):
        if self._bring_back is not None:
            self._bring_back()
        super()._end_debugging(manager)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self._send_collected(session, self._audit.hazards(self._config) if self._audit else ())
        TIMES.stop()
        self._worker = Worker(self._channel, self._identity, self._descriptors, self.streams)
        return self._worker.run(session, fused.why_not(session))


def _fork_for(order, children):
    """Forks the worker of a FORK; returns True in it."""
    if not (order.get("keep") and children.can_be_kept()):
        return fork_off(own_group=True)
    child = fork_child()
    if child:
        children.add(child)
    return not child


def _has_markup():
    import sys

    try:
        return bool(should_do_markup(sys.stdout))
    except (AttributeError, ValueError):
        return False


def _detach_reporter(config):
    """Takes pytest's terminal reporter out of the hooks: main's prints.

    The object stays, as in a worker of pytest-xdist: conftest files ask for it, and pytest takes
    colours from its writer.
    """
    manager = config.pluginmanager
    reporter = manager.getplugin("terminalreporter")
    if reporter is None:
        return
    for caller in manager.get_hookcallers(reporter) or ():
        try:
            caller._remove_plugin(reporter)
        except ValueError:
            pass
