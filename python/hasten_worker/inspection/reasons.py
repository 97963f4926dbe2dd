"""Why items take pytest's full path. Facts: the supervisor puts them into words."""

import inspect
import sys
from typing import NamedTuple, Optional

from hasten_worker.inspection.hooks import file_of, module_of


class Plugin(NamedTuple):
    """Whose code an implementation of a hook is."""

    name: str  # that `-p no:` takes: of its entry point, or registered; empty when it has none
    module: str
    kind: str  # the class of a plugin that is an object
    file: str
    distribution: str  # name and version, where it was installed with an entry point


class Reason(NamedTuple):
    """Why an item takes the full path. docs/design/protocol.md lists the kinds."""

    kind: str
    detail: str = ""
    hooks: tuple = ()
    plugin: Optional[Plugin] = None

    def message(self):
        """Returns what of it is known, for JSON."""
        found = {name: value for name, value in self._asdict().items() if value}
        if self.plugin is not None:
            found["plugin"] = self.plugin._asdict()
        return found


def plugin_of(config, implementation):
    """Returns whose code an implementation of a hook is."""
    plugin = implementation.plugin
    name = implementation.plugin_name
    is_object = not inspect.ismodule(plugin)
    if inspect.isclass(plugin):
        kind = plugin.__qualname__
    else:
        kind = type(plugin).__qualname__ if is_object else ""
    if is_object and name == str(id(plugin)):
        name = ""
    module = module_of(implementation)
    installed, distribution = _installed(config, plugin, module)
    file = file_of(implementation.function)
    return Plugin(installed or name, module, kind, file, distribution)


def version_of(name):
    """Returns the version of a module, or an empty text."""
    return str(getattr(sys.modules.get(name), "__version__", ""))


def _installed(config, plugin, module):
    """Returns the name of a plugin's entry point, and its distribution: empty without one.

    A plugin that came by an entry point may register objects of its package.
    """
    manager = config.pluginmanager
    root = module.partition(".")[0]
    for other, found in manager.list_plugin_distinfo():
        theirs = getattr(other, "__name__", "").partition(".")[0]
        if other is plugin or (root and theirs == root):
            return manager.get_name(other) or "", f"{found.project_name} {found.version}"
    return "", ""
