"""A process that runs items."""

import atexit
import faulthandler
import logging
import os
import pathlib
import signal
import sys
import traceback
import weakref

import pytest

from hasten_worker.configuration import playwright, vscode
from hasten_worker.fused.protocol import Fused
from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.inspection.reasons import Reason
from hasten_worker.inspection.tracebacks import is_ours, without_our_frames
from hasten_worker.messages import journal as words
from hasten_worker.messages import wire
from hasten_worker.messages.ending import stopped
from hasten_worker.messages.journal import Journal
from hasten_worker.messages.node_values import to_text
from hasten_worker.messages.records import NO_ITEM
from hasten_worker.processes.stacks import write_stacks
from hasten_worker.running import debugging, items
from hasten_worker.running.fixture_times import FixtureTimes
from hasten_worker.running.item_reports import ItemReports
from hasten_worker.running.registration import register
from hasten_worker.running.replayed_hooks import mute_replayed_hooks
from hasten_worker.running.time_limit import TimeLimit
from hasten_worker.running.timers import call_hooks_of_suite
from hasten_worker.running.usage import Usage
from hasten_worker.running.wide_fixtures import WideFixtures


def load_and_run(channel, identity, args, descriptors):
    """Runs a worker that loads and collects for itself; does not return."""
    from hasten_worker.collection.session import LoadingWorker
    from hasten_worker.plugin import Plugin
    from hasten_worker.roles import run_pytest

    plugin = Plugin(LoadingWorker(channel, identity, descriptors))
    try:
        status = run_pytest(args, plugin)
    except BaseException as error:
        plugin.role.died(error)
    plugin.role.leave(status)


def temporary_folder(identity):
    """Returns the name of a worker's folder: each process has its own, what is in it stays."""
    before = identity.get("process", 0)
    return "popen-" + identity["id"] + (f"-{before}" if before else "")


class Worker:
    """The part of a session that runs items, and the plugin with its hooks."""

    def __init__(self, channel, identity, descriptors, streams):
        self._identity = identity
        self._streams = streams
        self._reports = None
        self._stop_sent = False
        self._session = None
        self._journal_file, *self._captures, self._stacks, self._log = descriptors
        self.channel = channel
        self.journal = Journal.of_worker(channel, self._journal_file)
        self.errors = []
        self._loop = None
        self._fixtures = None
        self._once = None
        channel.survives_closing = True

    def forget_inherited(self):
        """Leaves to the snapshot what it registered for its own end."""
        atexit._clear()
        for finalizer in list(weakref.finalize._registry):
            finalizer.atexit = False

    def run(self, session, why_not_fused):
        """Runs items until the session is to be ended."""
        config = session.config
        identity = self._identity
        self._session = session
        self._take_captures()
        self._take_stacks()
        self._streams.close_stdin()
        self._take_temporary_folder(config)
        if identity.get("trial"):
            config.option.maxfail = 0  # each test that it is given matters, whichever fail
        TimeLimit(self.journal, self._log, [Fused._phase.__code__]).watch(session)
        extra = {"worker_id": identity["id"], "testrun_uid": identity["testrunuid"]}
        usage = Usage()
        fixtures = self._fixtures = FixtureTimes(self.journal, str(config.rootpath))
        fixtures.listen()
        self._reports = ItemReports(
            self.journal, config, identity["full_reports"], usage, fixtures, extra
        )
        register(session, WorkerHooks(self))
        mute_replayed_hooks(session, self._streams)
        vscode.in_worker(config)
        playwright.in_worker(session, identity.get("basetemp"))
        debuggers = debugging.plugins(config, self.channel, self.journal, self._streams)
        for plugin in debuggers:
            register(session, plugin)
        if call_hooks_of_suite(config, self.journal):
            why_not_fused = why_not_fused or Reason("timers")
        if identity.get("watch_fixtures"):
            register(session, WideFixtures(self.journal))
        self._once = self._begin_once(session)
        loop = self._loop = items.ItemLoop(
            session,
            self.channel,
            self.journal,
            self._reports,
            usage,
            self.stop,
            self._streams.are_whole,
            why_not_fused,
            self._once,
        )
        if identity.get("hold"):
            self._begin_hold(session, loop, debuggers)
        self._streams.loud()
        # A test may fork, and the child may come back here as if it were the worker.
        os.register_at_fork(after_in_child=self._become_a_copy)
        loop.run()
        self._streams.quiet()
        return True

    def _begin_once(self, session):
        """Returns what it has to do with fixtures that are set up once, where there may be some."""
        names = self._identity.get("once")
        if names is None or not (names or "hasten.once" in sys.modules):
            return None
        # Imports what no other suite needs.
        from hasten_worker.once.worker import WorkerOnce

        return WorkerOnce(session, self.channel, self.journal, self._reports, names)

    def _begin_hold(self, session, loop, debuggers):
        """Keeps the process when a test fails."""
        # Imports what no other run needs.
        from hasten_worker.running.hold import Hold
        from hasten_worker.running.hold_unittest import postpone_teardown

        hold = Hold(
            session, self.channel, self.journal, self._reports, loop, self._streams, debuggers
        )
        register(session, hold)
        postpone_teardown(hold)

    def paths(self):
        """Says which path its items took, if it came to run any."""
        return None if self._loop is None else self._loop.paths()

    def leaves(self):
        """Whether other processes go on with the session."""
        return self._loop is not None and self._loop.leaves

    def tell_rest(self):
        """Commits and sends what was not sent yet."""
        if self._fixtures is not None:
            self._fixtures.tell(0.0)
        self.journal.flush()

    def output(self):
        """Returns ``config.workeroutput`` as text, where plugins know of this worker."""
        if self._identity.get("input") is None:
            return None
        config = getattr(self._session, "config", None)
        output = getattr(config, "workeroutput", None)
        return to_text(output) if isinstance(output, dict) else None

    def _become_a_copy(self):
        """In a child that a test forked: what it does is no longer the worker's word."""
        self.journal.detach()
        self.channel.abandon()

    def stop(self, kind, message, **rest):
        """Says that pytest wants to end the run; once."""
        if not self._stop_sent:
            self._stop_sent = True
            try:
                self.channel.send_json(
                    wire.STOPPED, {"kind": kind, "message": message, "returncode": None, **rest}
                )
            except wire.Closed:
                self.journal.cut_off = True

    def interrupted(self, message):
        """The running item was cut short."""
        # The supervisor interrupts every worker now; this one ends already.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._reports.abandon()
        self.journal.flush()
        self.journal.set_item(NO_ITEM)
        self.journal.start_phase(words.ENDING)
        self.stop(**message)
        self._streams.quiet()

    def _take_captures(self):
        """Puts the supervisor's files under pytest's capture: they outlive this process."""
        files = self._streams.capture_files()
        if files is not None:
            for file, descriptor in zip(files, self._captures):
                os.dup2(descriptor, file.fileno(), inheritable=False)

    def _take_stacks(self):
        if faulthandler.is_enabled():
            faulthandler.enable(file=self._stacks)
        write_stacks(self._stacks)

    def _take_temporary_folder(self, config):
        basetemp = self._identity.get("basetemp")
        factory = getattr(config, "_tmp_path_factory", None)
        if not basetemp or factory is None:
            return
        folder = os.path.join(basetemp, temporary_folder(self._identity))
        config.option.basetemp = folder
        factory._given_basetemp = pathlib.Path(folder)
        factory._basetemp = None


class WorkerHooks:
    """What pytest tells a worker."""

    def __init__(self, worker):
        self._worker = worker
        self._add = worker._reports.add
        self._historic = True  # registering plays warnings of the past

    @pytest.hookimpl
    def pytest_plugin_registered(self, plugin):
        if plugin is self:
            self._historic = False

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report):
        self._add(report)

    @pytest.hookimpl
    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        if not self._historic and when != "config":
            self._worker._reports.add_warning(warning_message, when, nodeid, location)

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo):
        worker = self._worker
        worker.interrupted(stopped(excinfo.value, worker._session.config))

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr, excinfo):
        text = without_our_frames(str(excrepr))
        if is_ours(excinfo):
            text += "\nThis is a fault in hasten"
        self._worker.errors.append(text)
        self._worker.interrupted({"kind": "internal", "message": text, "excrepr": None})
        return True

    @hook_wrapper(tryfirst=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if self._worker.leaves():
            # What wraps the run of the tests (pytest-cov) has ended; the session has not.
            leave(self._worker, int(exitstatus), [])
        if self._worker._once is not None:
            self._worker._once.release()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["exitstatus"] = int(exitstatus)
            output["shouldfail"] = session.shouldfail
            output["shouldstop"] = session.shouldstop
        return (yield)


def leave(worker, status, errors):
    """Ends the process as the end of the interpreter would, but for what was inherited."""
    errors = worker.errors + errors
    for step in (_run_exit_functions, _flush_handlers, _flush_streams, worker.tell_rest):
        try:
            step()
        except BaseException:
            errors.append(traceback.format_exc())
    try:
        message = {
            "exitstatus": status,
            "errors": errors,
            "paths": worker.paths(),
            "output": worker.output(),
        }
        worker.channel.send_json(wire.BYE, message)
    except wire.Closed:
        os._exit(items.CUT_OFF)
    os._exit(status & 0xFF)


def _run_exit_functions():
    # Their output is a test's, and main cannot print it.
    threading = sys.modules.get("threading")
    # Pools of `concurrent.futures`: else their processes are waited for below, for ever.
    for function in reversed(getattr(threading, "_threading_atexits", ())):
        function()
    atexit._run_exitfuncs()
    if weakref.finalize._registry:
        weakref.finalize._exitfunc()
    processes = sys.modules.get("multiprocessing.util")
    if processes is not None:
        # Registered before the fork; it looks after children of this process only.
        processes._exit_function()


def _flush_handlers():
    for reference in list(logging._handlerList):
        handler = reference()
        if handler is not None:
            try:
                handler.flush()
            except (
                OSError,
                ValueError,
            ):  # its file was closed; `logging.shutdown` ignores that, too
                pass


def _flush_streams():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError):
            pass
