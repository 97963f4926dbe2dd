"""Plugins that do what the supervisor does: distribute tests, and run them again."""

import importlib
import importlib.util
import os
import types

_RERUNS = "rerunfailures"
_XDIST = "xdist"
# By module; named as their entry points and as ``-p`` names them.
_NAMES = {
    _XDIST: (_XDIST, "xdist.plugin", "xdist.looponfail"),
    "pytest_rerunfailures": (_RERUNS, "pytest_rerunfailures"),
}


class Absent:
    """Stands where a plugin would be that must not be loaded."""

    def __init__(self, is_installed):
        # Asked before the run: later `import xdist` finds what hasten gives instead.
        self.is_installed = is_installed


def keep_out(manager):
    """Takes their places, before pytest loads plugins, and also for an explicit ``-p``.

    That of pytest-xdist also where it is not installed: who asks pytest for it gets what hasten
    does instead.
    """
    for module, names in _NAMES.items():
        is_installed = importlib.util.find_spec(module) is not None
        if module != _XDIST and not is_installed:
            continue
        for name in names:
            if not manager.is_blocked(name) and not manager.hasplugin(name):
                manager.register(Absent(is_installed), name)


def would_rerun(config):
    """Whether pytest-rerunfailures is installed, and pytest would have loaded it."""
    known = config.known_args_namespace
    named = not set(_NAMES["pytest_rerunfailures"]).isdisjoint(getattr(known, "plugins", ()))
    silent = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    if not named and (silent or getattr(known, "disable_plugin_autoload", False)):
        return False
    return isinstance(config.pluginmanager.get_plugin(_RERUNS), Absent)


def bring_back(config):
    """Where the tests run in main itself, plugins are there as in plain pytest.

    pytest-rerunfailures does what it does there; its options are there already: ours have the same
    names. pytest-xdist does nothing there, but may be installed or not.
    """
    for name in _NAMES[_XDIST]:
        plugin = config.pluginmanager.get_plugin(name)
        if isinstance(plugin, Absent) and not plugin.is_installed:
            config.pluginmanager.unregister(name=name)
    if not would_rerun(config):
        return
    try:
        module = importlib.import_module("pytest_rerunfailures")
    except Exception:  # it would not work under plain pytest either
        return
    plugin = types.ModuleType(module.__name__)
    for name, value in vars(module).items():
        if name.startswith("pytest_") and name != "pytest_addoption" and callable(value):
            setattr(plugin, name, value)
    manager = config.pluginmanager
    manager.unregister(name=_RERUNS)
    manager.register(plugin, _RERUNS)
