"""The plugin of VS Code's Python extension, for which one process runs the tests and reports them.

Each process writes to the same pipe, longer messages in several pieces; workers tell of exceptions, and
main of outcomes, for which it looks up where an item is that ran elsewhere.
"""

import fcntl
from types import SimpleNamespace

import pytest

_NAME = "vscode_pytest"


def share_pipe(config):
    """Lets one process at a time write a message."""
    plugin = _plugin(config)
    send = getattr(plugin, "send_message", None)
    if send is None:
        return

    def send_alone(*args, **kwargs):
        # Any file serves that all processes have.
        with open(plugin.__file__, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return send(*args, **kwargs)

    plugin.send_message = send_alone


def report_for_workers(config):
    """main: gives the plugin what it would have noted while it ran the items."""
    plugin = _plugin(config)
    if hasattr(plugin, "map_id_to_path"):
        plugin.map_id_to_path = _Paths(plugin, config.rootpath)
        config.pluginmanager.register(_Told(plugin))


def _plugin(config):
    return config.pluginmanager.get_plugin(_NAME)


class _Paths(dict):
    """Node ids to the paths of their files, as the plugin would show them."""

    def __init__(self, plugin, rootpath):
        self._plugin = plugin
        self._rootpath = rootpath
        self._nodes = []

    def __missing__(self, nodeid):
        node = SimpleNamespace(path=self._rootpath / nodeid.partition("::")[0])
        self._nodes.append(node)  # the plugin knows a node by its address
        path = self[nodeid] = self._plugin.get_node_path(node)
        return path


class _Told:
    """A worker has told of an exception; what the supervisor made of a dead worker is main's to tell."""

    def __init__(self, plugin):
        self._plugin = plugin

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if report.failed and not isinstance(report.longrepr, str):
            plugin = self._plugin
            path = plugin.map_id_to_path[report.nodeid]
            plugin.collected_tests_so_far.add(plugin.get_absolute_test_id(report.nodeid, path))
