"""The plugin of VS Code's Python extension, for which one process runs the tests and reports them.

Each process writes to the same pipe, longer messages in several pieces. main tells of what was
called, for which it looks up where an item is that ran elsewhere; workers tell of exceptions.
"""

import fcntl
from types import SimpleNamespace

import pytest

_NAME = "vscode_pytest"
# Of another plugin of that name, or another version, nothing is changed.
_NEEDED = (
    "send_message",
    "map_id_to_path",
    "collected_tests_so_far",
    "get_absolute_test_id",
    "get_node_path",
    "check_skipped_wrapper",
)


def in_worker(config):
    """A worker tells of exceptions in a setup; main of everything else."""
    plugin = _plugin(config)
    if plugin is not None:
        _share_pipe(plugin)
        config.pluginmanager.register(_Told(plugin))


def in_main(config):
    """main has what the plugin would have noted while it ran the items."""
    plugin = _plugin(config)
    if plugin is not None:
        _share_pipe(plugin)
        plugin.map_id_to_path = _Paths(plugin, config.rootpath)


def _plugin(config):
    plugin = config.pluginmanager.get_plugin(_NAME)
    return plugin if all(hasattr(plugin, name) for name in _NEEDED) else None


def _share_pipe(plugin):
    """Lets one process at a time write a message."""
    send = plugin.send_message

    def send_alone(*args, **kwargs):
        # Any file serves that all processes have.
        with open(plugin.__file__, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return send(*args, **kwargs)

    plugin.send_message = send_alone


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
    """As if main's part of the plugin were here, too: it comes before that for exceptions."""

    def __init__(self, plugin):
        self._plugin = plugin

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        if self._plugin.check_skipped_wrapper(item):
            self._add(item.nodeid, self._plugin.get_node_path(item))
        yield

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report):
        path = self._plugin.map_id_to_path.get(report.nodeid)
        if report.when == "call" and path is not None:
            self._add(report.nodeid, path)

    def _add(self, nodeid, path):
        plugin = self._plugin
        plugin.collected_tests_so_far.add(plugin.get_absolute_test_id(nodeid, path))
