"""What the command line and the settings files say, for the supervisor to decide on."""

import os
import sys

import pytest

from hasten_worker.configuration.environment import environment
from hasten_worker.configuration.options_of_reruns import given_reruns
from hasten_worker.configuration.options_of_rules import given_rules

# Options of pytest that print instead of running tests, or that need one process.
_IN_PROCESS = (
    ("collectonly", "--collect-only"),
    ("help", "--help"),
    ("version", "--version"),
    ("showfixtures", "--fixtures"),
    ("show_fixtures_per_test", "--fixtures-per-test"),
    ("markers", "--markers"),
    ("setupplan", "--setup-plan"),
    ("setuponly", "--setup-only"),
    ("setupshow", "--setup-show"),
    ("cacheshow", "--cache-show"),
    ("debug", "--debug"),
    # pytest-bdd refuses it beside pytest-xdist.
    ("gherkin_terminal_reporter", "--gherkin-terminal-reporter"),
    # It prints on the terminal while it measures.
    ("benchmark_verbose", "--benchmark-verbose"),
)
_DEBUGGERS = ("pydevd", "bdb", "pydevd_frame_evaluator")


def settings(config):
    """Returns the SETTINGS message."""
    known = config.known_args_namespace
    return {
        "numprocesses": known.numprocesses,
        "dist": "load" if known.distload and known.dist == "no" else known.dist,
        "maxprocesses": known.maxprocesses,
        "start_method": known.hasten_start_method,
        "usepdb": bool(getattr(known, "usepdb", False)),
        "trace": bool(getattr(known, "trace", False)),
        "debugger": debugger_attached(),
        "in_process": in_process(known),
        "capture": getattr(known, "capture", None),
        "verbose": getattr(known, "verbose", 0),
        "limits": limits(config, known),
        "rootdir": str(config.rootpath),
        "environment": environment(config, known),
        "rules": given_rules(known),
        "reruns": given_reruns(config, known),
        "sorted_by": sorted_by(config, known),
        "events": known.hasten_events,
        "testrunuid": known.testrunuid,
        "maxschedchunk": known.maxschedchunk,
        "max_worker_restart": known.maxworkerrestart,
        "loadscope_reorder": known.loadscopereorder,
    }


def in_process(known):
    """Names the option that makes distribution impossible or pointless, or returns None."""
    for name, option in _IN_PROCESS:
        if getattr(known, name, None):
            return option
    return None


def sorted_by(config, known):
    """Names what puts tests into an order of its own: pytest's options and pytest-randomly."""
    found = [
        option
        for name, option in (("failedfirst", "--failed-first"), ("newfirst", "--new-first"))
        if getattr(known, name, False)
    ]
    if config.pluginmanager.hasplugin("randomly") and getattr(known, "randomly_reorganize", True):
        found.append("pytest-randomly")
    return found


def limits(config, option):
    """Returns the limits that command line, variable and settings file have for pytest-timeout."""
    given = getattr(option, "timeout", None)
    where = "--timeout"
    if given is None:
        given, where = os.environ.get("PYTEST_TIMEOUT"), "PYTEST_TIMEOUT environment variable"
    return {
        "timeout": _seconds(given, where),
        "ini-timeout": _seconds(_ini(config, "timeout"), "config file"),
        "ini-func-only": bool(_ini(config, "timeout_func_only")) or None,
        "session-timeout": getattr(option, "session_timeout", None),
        "ini-session-timeout": _seconds(_ini(config, "session_timeout"), "session_timeout"),
    }


def debugger_detection_is_off(config, item):
    """Whether limits hold under a debugger, too: mark, command line, settings file."""
    mark = item and item.get_closest_marker("timeout")
    if mark is not None and mark.kwargs.get("disable_debugger_detection") is not None:
        return bool(mark.kwargs["disable_debugger_detection"])
    given = getattr(config.option, "timeout_disable_debugger_detection", False)
    return bool(given or _ini(config, "timeout_disable_debugger_detection"))


def debugger_attached():
    """Whether this process is under a debugger, as pytest-timeout tells it."""
    trace = sys.gettrace()
    if trace is not None:
        module = getattr(trace, "__module__", None) or type(trace).__module__
        if any(part.startswith(_DEBUGGERS) for part in module.split(".")):
            return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None


def _ini(config, name):
    try:
        return config.getini(name)
    except (ValueError, KeyError):
        return None


def _seconds(value, where):
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise pytest.UsageError(f"Invalid timeout {value} from {where}")
