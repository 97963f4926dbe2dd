"""main, while the tests run in other processes."""

import json
import os
import signal
import struct
import sys

import pytest

from hasten_worker.configuration import stepwise
from hasten_worker.configuration.settings import limits
from hasten_worker.messages import wire
from hasten_worker.messages.benchmarks import MeasureInMain
from hasten_worker.messages.ending import Interruption, raise_end
from hasten_worker.messages.warning_records import from_message
from hasten_worker.terminal.listeners import own_reporter, who_listens
from hasten_worker.terminal.nodes import Nodes
from hasten_worker.terminal.replay import Replay, read_report

_SEQUENCE = struct.Struct("<I")


# Writes annotations for GitHub Actions itself.
_ANNOTATOR = "pytest_github_actions_annotate_failures"


def configured(config, distributed, live_line=False, auto_workers=None):
    """Returns the CONFIGURED message."""
    # Asking for the folder makes it, which pytest itself does when a test first needs it.
    factory = getattr(config, "_tmp_path_factory", None) if distributed else None
    listener = who_listens(config)
    in_order = distributed and stepwise.is_on(config)
    return {
        "auto_workers": auto_workers,
        "full_reports": listener is not None,
        "listener": listener and listener.message(),
        "live_line": live_line,
        "verbosity": getattr(config.option, "verbose", 0),
        "maxfail": 0 if in_order else getattr(config.option, "maxfail", 0),
        "in_order": in_order,
        "basetemp": None if factory is None else str(factory.getbasetemp()),
        "rootdir": str(config.rootpath),
        "invocation_dir": str(config.invocation_params.dir),
        "annotates": config.pluginmanager.hasplugin(_ANNOTATOR),
        "limits": limits(config, config.option),
        "durations": _durations(config.option),
    }


def _durations(option):
    """What ``--durations`` with ``-v`` shows beside the durations of tests."""
    number = getattr(option, "durations", None)
    if number is None or option.verbose < 1:
        return None
    least = getattr(option, "durations_min", None)
    more = option.verbose < 2
    if least is None:
        least = 0.005 if more else 0.0
    return {"number": max(number, 0), "min": least, "more": more}


def auto_workers(config):
    """Returns what a conftest or the environment says of ``-n auto``, or None."""
    hook = config.hook.pytest_xdist_auto_num_workers
    if hook.get_hookimpls():
        answer = hook(config=config)
        if answer is not None:
            return int(answer)
    try:
        return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or "")
    except ValueError:
        return None


class Controller:
    """A plugin that stands where pytest collects and runs, and shows what others say."""

    def __init__(self, channel, notes, identity):
        self._channel = channel
        self._count = identity["count"]  # of workers, if nobody says otherwise
        self._nodes = Nodes(channel, identity["testrunuid"], notes)
        self._auto_workers = None
        self._notes = notes
        self._interruption = Interruption()
        self._items = []
        self._handler = None
        self.status = None  # of the session, before a plugin changed it

    def register(self, manager):
        """Makes pytest call us."""
        manager.register(self, "dsession")
        manager.register(self._interruption)
        manager.register(self._nodes)
        manager.register(MeasureInMain())

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config):
        """Leaves the options of a controller of pytest-xdist, which asks its hook here, too."""
        option = config.option
        if isinstance(option.numprocesses, str):
            self._auto_workers = auto_workers(config)
            option.numprocesses = self._auto_workers or self._count
        option.tx = ["popen"] * option.numprocesses

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session):
        self._ignore_interrupts()
        config = session.config
        reporter = own_reporter(config)
        message = configured(config, True, _may_draw(config, reporter), self._auto_workers)
        split = self._nodes.make_scheduler(config)
        self._channel.send_json(wire.CONFIGURED, {**message, "splits": split is not None})
        if reporter is not None:
            reporter.pytest_collection()
        collection = self._wait_for_collection(session)
        self._items = collection["items"]
        _show_collection(session, collection)
        nodeids = [item[0] for item in self._items]
        self._nodes.collected(nodeids)
        if split is not None:
            groups = {}
            for index, nodeid in enumerate(nodeids):
                groups.setdefault(str(split(nodeid)), []).append(index)
            self._channel.send_json(wire.GROUPS, groups)
        self._replay = Replay(
            session,
            self._items,
            message["full_reports"],
            message["live_line"],
            self._nodes,
            message["in_order"],
        )
        self._shown(0)
        if collection["shouldstop"]:
            raise_end(collection["shouldstop"], session, self._interruption)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        failed = session.testsfailed
        if failed and not session.config.option.continue_on_collection_errors:
            plural = "s" if failed != 1 else ""
            raise session.Interrupted(f"{failed} error{plural} during collection")
        stop = None
        while True:
            kind, payload = self._channel.receive()
            if kind == wire.REPORTS:
                self._replay.frame(payload)
                if self._replay.stop is not stop:
                    stop = self._replay.stop
                    self._channel.send_json(wire.STOPPED, stop)
                self._shown(_SEQUENCE.unpack_from(payload)[0])
            elif kind == wire.END:
                self._replay.close()
                end = json.loads(payload)
                # Their outcomes stay what they are.
                session.testsfailed += end.get("regressed") or 0
                # It may be the last test at which it stops.
                raise_end(
                    stop if stop and end["kind"] == "done" else end, session, self._interruption
                )
                return True
            else:
                self._told(kind, payload)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus):
        self.status = int(exitstatus)
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
            self._handler = None

    def _wait_for_collection(self, session):
        while True:
            kind, payload = self._channel.receive()
            if kind == wire.COLLECTION:
                return json.loads(payload)
            if kind == wire.END:
                end = json.loads(payload)
                raise_end(end, session, self._interruption)
                raise session.Interrupted(end.get("message") or "nothing was collected")
            self._told(kind, payload)

    def _told(self, kind, payload):
        message = json.loads(payload)
        if kind == wire.NOTE:
            self._note(message)
        elif kind == wire.NODE:
            self._nodes.add(message)
        elif kind == wire.NODE_DOWN:
            self._nodes.ended(message)

    def _note(self, note):
        self._notes.add(note)
        if note["where"] == "now":
            self._shown(0)

    def _shown(self, sequence):
        self._notes.reporter_flush()
        self._channel.send_json(wire.IDLE, {"seq": sequence})

    def _ignore_interrupts(self):
        # The supervisor decides what Ctrl-C means, and tells us how the run ends.
        self._handler = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _may_draw(config, reporter):
    """Whether the supervisor may draw a line of its own on this terminal."""
    return (
        reporter is not None
        and bool(reporter.isatty if isinstance(reporter.isatty, bool) else reporter.isatty())
        and config.option.verbose == 0
        and config.getoption("capture", "fd") != "no"
    )


def _show_collection(session, collection):
    """Counts and prints a collection as if it had happened here."""
    config = session.config
    reporter = config.pluginmanager.getplugin("terminalreporter")
    for data in collection["warnings"]:
        config.hook.pytest_warning_recorded.call_historic(kwargs=from_message(data))
    for data in collection["collect_reports"]:
        report = read_report(config, data)
        config.hook.pytest_collectreport(report=report)
    session.testscollected = len(collection["items"])
    if collection["drained"]:
        _drop_output_of_conftests(config)
    _tell_cache(config, collection)
    for stream, text in zip((sys.stdout, sys.stderr), collection["output"]):
        if text:
            stream.write(text)
    if hasattr(reporter, "_numcollected") and collection["finished"]:
        reporter._numcollected += collection["numcollected"]
        if collection["deselected"]:
            reporter._add_stats("deselected", [_Deselected()] * collection["deselected"])
        reporter.report_collect(True)
        for line in collection["lines"]:
            reporter.write_line(line)


def _drop_output_of_conftests(config):
    """What conftest files wrote belongs to the first test file; left here, pytest prints it."""
    manager = config.pluginmanager.getplugin("capturemanager")
    if manager is not None and manager.is_globally_capturing():
        manager.read_global_capture()


class _Deselected:
    """Stands for an item that was deselected in another process."""

    nodeid = ""


def _tell_cache(config, collection):
    """The cache plugin learns in collection: which items there are, which collectors work again."""
    manager = config.pluginmanager
    parse = _node_id_type()
    new_first = manager.getplugin("nfplugin")
    if hasattr(new_first, "cached_nodeids") and not collection["shouldstop"]:
        new_first.cached_nodeids.update(parse(item[0]) for item in collection["items"])
    stepwise.tell(config, collection.get("stepwise"), parse)
    last_failed = manager.getplugin("lfplugin")
    if hasattr(last_failed, "lastfailed") and collection["lastfailed"] is not None:
        last_failed.lastfailed.clear()
        last_failed.lastfailed.update((parse(name), True) for name in collection["lastfailed"])


def _node_id_type():
    try:
        from _pytest.nodeid import NodeId
    except ImportError:
        return str
    return NodeId.parse
