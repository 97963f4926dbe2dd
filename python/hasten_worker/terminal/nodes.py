"""Workers as plugins on the controller's side know them: a ``node`` of pytest-xdist 3.8."""

import os
import sys

import pytest

from hasten_worker.inspection.hooks import others
from hasten_worker.messages import wire
from hasten_worker.messages.node_values import from_text, to_text
from hasten_worker.processes.identity import worker_input

_OWN = ("hasten_worker", "xdist")


class Nodes:
    """A plugin of main's: shows workers to other plugins before they start, and when they ended."""

    def __init__(self, channel, uid, notes):
        self._channel = channel
        self._uid = uid
        self._notes = notes
        self._nodes = {}
        self._config = None
        self._manager = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        """Where pytest-xdist starts its workers."""
        config = self._config = session.config
        hook = config.hook
        option = config.option
        count = max(1, min(option.numprocesses, option.maxprocesses or option.numprocesses))
        self._manager = _NodeManager(config, self._uid, count)
        if not any(map(self._is_heard, _SHOWN)):
            self._channel.send_json(wire.NODES, {})
            return
        specs = self._manager.specs
        hook.pytest_xdist_setupnodes(config=config, specs=specs)
        self._send([self._set_up(spec) for spec in specs])

    def add(self, message):
        """A further worker is about to start."""
        spec = Spec(message["id"])
        self._send([self._set_up(spec)])

    def collected(self, ids):
        """The tests are known."""
        if self._is_heard("pytest_testnodeready") or self._is_heard(_COLLECTED):
            for node in self._nodes.values():
                self._config.hook.pytest_testnodeready(node=node)
                self._config.hook.pytest_xdist_node_collection_finished(node=node, ids=list(ids))

    def make_scheduler(self, config):
        """Asks for a scheduler of the suite's own; returns what tells which tests stay together.

        None where nobody has one. What it says about workers is not used.
        """
        if not others(config.hook.pytest_xdist_make_scheduler, _OWN):
            return None
        scheduler = config.hook.pytest_xdist_make_scheduler(config=config, log=_Silent())
        return getattr(scheduler, "_split_scope", None)

    def ended(self, message):
        """A worker has ended."""
        node = self._nodes.get(message["id"])
        if node is None:
            return
        if message["output"] is not None:
            node.workeroutput = from_text(message["output"])
        node.shutting_down = True
        self._config.hook.pytest_testnodedown(node=node, error=message["error"])

    def of(self, report):
        """Returns the node whose report this is; None if it is nobody's."""
        name = getattr(report, "worker_id", None)
        if name is not None and name not in self._nodes:
            self._nodes[name] = Node(Spec(name), self._manager)
        return self._nodes.get(name)

    def hide_from(self, modules):
        """Lets what is written in these modules see no node: pytest would print in another way."""
        hook = self._config.hook.pytest_runtest_logreport
        strangers = others(hook, modules)
        for implementation in hook.get_hookimpls():
            if implementation not in strangers and implementation.argnames == ("report",):
                implementation.function = _without_node(implementation.function)

    def crashed(self, report):
        """A test has ended its worker."""
        hook = self._config.hook.pytest_handlecrashitem
        if others(hook, _OWN):
            hook(crashitem=report.nodeid, report=report, sched=_Scheduler(self._notes))

    def _set_up(self, spec):
        hook = self._config.hook
        node = Node(spec, self._manager)
        hook.pytest_xdist_newgateway(gateway=node.gateway)
        hook.pytest_configure_node(node=node)
        self._nodes[spec.id] = node
        return node

    def _send(self, nodes):
        self._channel.send_json(
            wire.NODES,
            {
                "inputs": {node.gateway.id: to_text(node.workerinput) for node in nodes},
                "configure": self._is_heard("pytest_configure_node"),
                "down": self._is_heard("pytest_testnodedown"),
            },
        )

    def _is_heard(self, name):
        return bool(others(getattr(self._config.hook, name), _OWN))


_COLLECTED = "pytest_xdist_node_collection_finished"
_SHOWN = (
    "pytest_configure_node",
    "pytest_testnodedown",
    "pytest_testnodeready",
    "pytest_xdist_setupnodes",
    "pytest_xdist_newgateway",
    _COLLECTED,
)


def _without_node(log_report):
    def pytest_runtest_logreport(report):
        node = vars(report).pop("node", None)
        try:
            return log_report(report)
        finally:
            if node is not None:
                report.node = node

    return pytest_runtest_logreport


class _Scheduler:
    """What a hook for crashed tests is given."""

    def __init__(self, notes):
        self._notes = notes

    def mark_test_pending(self, item):
        """Whether a test runs again is decided before anybody is told that it crashed."""
        text = (
            f"{item} does not run again for pytest_handlecrashitem: --retries is for crashes, too"
        )
        self._notes.add({"where": "summary", "text": text})


class _Silent:
    """Stands for the log of pytest-xdist's controller, and for each part of it."""

    def __call__(self, *_, **__):
        """Drops a message."""

    def __getattr__(self, name):
        return self


class Node:
    """A worker. Attributes are those of ``xdist.workermanage.WorkerController``."""

    def __init__(self, spec, manager):
        self.nodemanager = manager
        self.config = manager.config
        self.gateway = Gateway(spec)
        identity = {"id": spec.id, "count": len(manager.specs), "testrunuid": manager.testrunuid}
        self.workerinput = worker_input(identity)
        self.workerinfo = {
            "version": ".".join(map(str, sys.version_info[:3])),
            "version_info": tuple(sys.version_info),
            "sysplatform": sys.platform,
            "platform": sys.platform,
            "executable": sys.executable,
            "cwd": os.getcwd(),
            "id": spec.id,
            "spec": spec,
        }
        self.shutting_down = False
        # pytest would begin the text of a failure with this.
        self._workerinfocache = ""

    def __repr__(self):
        return f"<WorkerController {self.gateway.id}>"

    def shutdown(self):
        """The supervisor ends workers."""

    def send_runtest_some(self, indices):
        """The supervisor says what runs where."""
        raise NotImplementedError("hasten decides what runs where: plugins cannot send tests")


class Gateway:
    """What execnet has for a worker."""

    def __init__(self, spec):
        self.id = spec.id
        self.spec = spec

    def __repr__(self):
        return f"<Gateway id={self.id!r}>"

    def _rinfo(self, update=False):
        return RemoteInfo()

    def remote_exec(self, source, **_):
        """There is no such thing here."""
        raise NotImplementedError("hasten does not run code in a worker for a plugin")


class Spec:
    """How a worker is started, as ``--tx`` would say it."""

    popen = True
    chdir = python = ssh = socket = via = None

    def __init__(self, name):
        self.id = name
        self.env = {}

    def __repr__(self):
        return "<XSpec 'popen'>"

    def __str__(self):
        return "popen"


class RemoteInfo:
    """A worker's interpreter, which is ours."""

    def __init__(self):
        self.executable = sys.executable
        self.platform = sys.platform
        self.version_info = tuple(sys.version_info)
        self.cwd = os.getcwd()
        self.pid = os.getpid()


class _NodeManager:
    def __init__(self, config, uid, count):
        self.config = config
        self.testrunuid = uid
        self.specs = [Spec(f"gw{number}") for number in range(count)]
        self.roots = []
