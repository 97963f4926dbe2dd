"""Who listens to what happens to items: pytest itself, or somebody whom we must not cut short."""

from _pytest.cacheprovider import LFPlugin
from _pytest.main import Session
from _pytest.terminal import TerminalReporter

# Called with reports, or with what they were counted into.
_REPORT_HOOKS = (
    "pytest_runtest_logstart",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_report_teststatus",
    "pytest_report_from_serializable",
    "pytest_terminal_summary",
)
# Plugins that read nothing of a test that passed in silence.
_KNOWN = ("_hypothesis_pytestplugin", "pytest_cov.plugin", "pytest_timeout", "hasten_worker")
_READERS = ("_pytest.junitxml", "_pytest.stepwise")
_NOT_LISTENING = "terminalprogress-plugin"


def somebody_listens(config):
    """Whether passed tests must arrive in main with their whole report."""
    option = config.option
    if getattr(option, "verbose", 0) > 1 or _wants_passed(option):  # `-vv` shows locations
        return True
    if config.pluginmanager.hasplugin(_NOT_LISTENING):
        return True
    if _style(config) == "times":
        return True
    return any(
        not _is_known(implementation)
        for name in _REPORT_HOOKS
        for implementation in getattr(config.hook, name).get_hookimpls()
    )


def own_reporter(config):
    """Returns pytest's own terminal reporter, or None if it is absent or somebody else's."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return reporter if type(reporter) is TerminalReporter else None


def others(hook, allowed):
    """Returns the implementations of a hook whose plugins are not in ``allowed``."""
    return [each for each in hook.get_hookimpls() if each.plugin not in allowed]


def module_of(implementation):
    """Returns the name of the module that an implementation of a hook is written in."""
    return getattr(implementation.function, "__module__", None) or ""


def _wants_passed(option):
    # `-rA`, `-rp`, `-rP` show passed tests with what they wrote.
    return any(letter in "pPA" for letter in getattr(option, "reportchars", ""))


def _style(config):
    try:
        return config.getini("console_output_style")
    except (ValueError, KeyError):
        return None


def _is_known(implementation):
    module = module_of(implementation)
    if module in _READERS:
        return False
    plugin = implementation.plugin
    if isinstance(plugin, (TerminalReporter, LFPlugin, Session)):
        # A class derived from one of these may do more.
        return type(plugin) in (TerminalReporter, LFPlugin, Session)
    return module.startswith(("_pytest.", "hasten_worker.")) or module in _KNOWN
