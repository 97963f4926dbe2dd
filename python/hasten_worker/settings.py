"""What the command line and the settings files say, for the supervisor to decide on."""

import os
import sys

import pytest

from hasten_worker.options_of_reruns import given_reruns
from hasten_worker.options_of_rules import given_rules

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
    ("stepwise", "--stepwise"),
    ("stepwise_skip", "--stepwise-skip"),
    ("cacheshow", "--cache-show"),
    ("debug", "--debug"),
    # pytest-cov hands data to its workers through a hook that hasten does not call yet.
    ("cov_source", "--cov"),
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
        "timeout": time_limit(config, known),
        "rootdir": str(config.rootpath),
        "rules": given_rules(known),
        "reruns": given_reruns(config, known),
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


def time_limit(config, known):
    """Returns the seconds that a test may take: command line, environment, settings file."""
    for value, where in (
        (getattr(known, "timeout", None), "--timeout"),
        (os.environ.get("PYTEST_TIMEOUT"), "PYTEST_TIMEOUT environment variable"),
        (_ini(config, "timeout"), "config file"),
    ):
        if value is not None and value != "":
            return _seconds(value, where)
    return None


def session_limit(config):
    """Returns the seconds that the run may take."""
    value = getattr(config.option, "session_timeout", None)
    if value is None:
        value = _ini(config, "session_timeout")
    return _seconds(value, "session_timeout") if value else None


def limits_count_call_only(config):
    """Returns the setting ``timeout_func_only``."""
    return bool(_ini(config, "timeout_func_only"))


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
    try:
        return float(value)
    except (TypeError, ValueError):
        raise pytest.UsageError(f"Invalid timeout {value} from {where}")
