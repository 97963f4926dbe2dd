"""The plugin that is given to pytest, in every role."""

from hasten_worker.configuration.coverage import leave_us_out
from hasten_worker.configuration.kept_out import keep_out
from hasten_worker.configuration.options import Options
from hasten_worker.configuration.provided import provide_modules
from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.running import fixtures


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
        keep_out(pluginmanager)
        provide_modules()
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
        leave_us_out(early_config.known_args_namespace)
        self.role.before_conftests(self, early_config)
        known = early_config.known_args_namespace
        if not (known.showfixtures or getattr(known, "show_fixtures_per_test", False)):
            manager.register(fixtures)
        result = yield
        self.role.after_conftests(self, early_config)
        return result


def _copy(namespace):
    return type(namespace)(**vars(namespace))


def _add_missing(namespace, other):
    for name, value in vars(other).items():
        if not hasattr(namespace, name) or name.startswith(("timeout", "session_timeout")):
            setattr(namespace, name, value)
