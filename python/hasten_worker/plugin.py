"""The plugin that is given to pytest, in every role."""

import importlib.util

from hasten_worker import fixtures
from hasten_worker.hooks import hook_wrapper
from hasten_worker.options import Options


class Plugin:
    """Stays from the first hook to the last one, while the role of the process may change.

    main becomes a session inside ``pytest_load_initial_conftests``, in a forked child; the
    hook calls that are on the stack then belong to this object.
    """

    def __init__(self, role):
        self.role = role
        self.options = Options()

    @hook_wrapper(tryfirst=True)
    def pytest_cmdline_parse(self, pluginmanager, args):
        _keep_out(pluginmanager)
        pluginmanager.register(self.options)
        try:
            config = yield
        except BaseException as error:
            self.role.failed(error)
            raise
        self.role.parsed(config)
        return config

    @hook_wrapper(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config, parser, args):
        manager = early_config.pluginmanager
        if self.options.complete(manager):
            namespace = parser.parse_known_args(args, namespace=_copy(early_config.option))
            _add_missing(early_config.known_args_namespace, namespace)
        self.role.before_conftests(self, early_config)
        known = early_config.known_args_namespace
        if not (known.showfixtures or getattr(known, "show_fixtures_per_test", False)):
            manager.register(fixtures)
        result = yield
        self.role.after_conftests(self, early_config)
        return result


class Absent:
    """Stands where a plugin would be that must not be loaded."""


# pytest-xdist must not distribute what we distribute, nor pytest-rerunfailures run again what the
# supervisor does, even with an explicit ``-p``. Named as their entry points and modules are.
_KEPT_OUT = {
    "xdist": ("xdist", "xdist.looponfail"),
    "pytest_rerunfailures": ("rerunfailures", "pytest_rerunfailures"),
}


def _keep_out(manager):
    for module, names in _KEPT_OUT.items():
        if importlib.util.find_spec(module) is None:
            continue
        for name in names:
            if not manager.is_blocked(name) and not manager.hasplugin(name):
                manager.register(Absent(), name)


def _copy(namespace):
    return type(namespace)(**vars(namespace))


def _add_missing(namespace, other):
    for name, value in vars(other).items():
        if not hasattr(namespace, name) or name.startswith(("timeout", "session_timeout")):
            setattr(namespace, name, value)
