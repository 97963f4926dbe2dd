"""Who listens to what happens to items: pytest itself, or somebody whom we must not cut short."""

from _pytest.cacheprovider import LFPlugin
from _pytest.main import Session
from _pytest.terminal import TerminalReporter

from hasten_worker.inspection.hooks import module_of
from hasten_worker.inspection.reasons import Reason, plugin_of

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


def who_listens(config):
    """Says why passed tests must arrive in main with their whole report; None if they need not."""
    option = config.option
    if getattr(option, "verbose", 0) > 1:  # shows locations
        return Reason("option", "-vv")
    letters = getattr(option, "reportchars", None) or ""
    shown = "".join(letter for letter in letters if letter in "pPA")
    if shown:  # passed tests with what they wrote
        return Reason("option", "-r" + shown)
    if config.pluginmanager.hasplugin(_NOT_LISTENING):
        return Reason("option", "-p terminalprogress")
    if _style(config) == "times":
        return Reason("option", "console_output_style=times")
    for name in _REPORT_HOOKS:
        for implementation in getattr(config.hook, name).get_hookimpls():
            if not _is_known(implementation):
                return Reason("hook", hooks=(name,), plugin=plugin_of(config, implementation))
    return None


def own_reporter(config):
    """Returns pytest's own terminal reporter, or None if it is absent or somebody else's."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return reporter if type(reporter) is TerminalReporter else None


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
