"""``pytest -p hasten``: pytest hands the run to hasten, and gives back its exit status.

So an editor, a script or a habit that calls ``pytest`` or ``pytest.main()`` gains by hasten, too.
"""

import copy
import os
import shutil
import signal
import sys
import types

import pytest

# What pytest answers by itself, and at once.
_ANSWERS = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "collectonly")
# A debugger is attached to this process: here it has to find the tests.
_DEBUGGERS = ("pydevd", "debugpy")
_STATUS = "hasten_exit_status"


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    """Before a conftest is loaded, and before pytest's capture takes the descriptors."""
    if _is_hastens(early_config, early_config.known_args_namespace):
        setattr(early_config, _STATUS, _run(early_config))
        # Nothing is left to do: no option has a meaning any more, also not for other plugins.
        args[:] = ["--noconftest"]
        early_config.known_args_namespace = parser.parse_known_args(
            args, namespace=copy.copy(early_config.option)
        )
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Gives back the status; the run itself where a conftest named the plugin, which is later."""
    status = getattr(config, _STATUS, None)
    if status is None and _is_hastens(config, config.option):
        status = _run(config)
    return status


def pytest_report_header(config):
    """Says why the tests run here."""
    reason = None if "hasten_worker" in sys.modules else _why_here(config)
    return reason and f"hasten: {reason}, so the tests run in this process, by pytest alone"


def _is_hastens(config, options):
    if "hasten_worker" in sys.modules or "PYTEST_XDIST_WORKER" in os.environ:
        return False  # hasten itself, or a pytest that a test has started
    if any(getattr(options, name, False) for name in _ANSWERS):
        return False
    return _why_here(config) is None


def _why_here(config):
    if _is_watched():
        return "a debugger or a tracer is attached"
    if not all(map(_name_of, config.invocation_params.plugins or ())):
        return "pytest.main() was given a plugin that has no name to load it by"
    return None


def _is_watched():
    if sys.gettrace() or sys.getprofile() or any(name in sys.modules for name in _DEBUGGERS):
        return True
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    return monitoring is not None and any(map(monitoring.get_tool, range(3)))


def _name_of(plugin):
    if isinstance(plugin, types.ModuleType):
        plugin = plugin.__name__
    return plugin if isinstance(plugin, str) and plugin != "__main__" else None


def _run(config):
    """Runs hasten, in the same terminal, with pytest's arguments; returns its exit status."""
    import subprocess  # not for those who only want `hasten.once`

    params = config.invocation_params
    command = [_program(), "run", "--python", sys.executable]
    for plugin in params.plugins or ():
        command += ["-p", _name_of(plugin)]
    command += map(os.fspath, params.args)
    environment = dict(os.environ)
    environment.pop("PYTEST_VERSION", None)  # pytest says that it runs; it begins only now
    # What the caller has added, and the current folder of `python -m pytest`.
    environment["HASTEN_SYS_PATH"] = os.pathsep.join(sys.path)
    sys.stdout.flush()
    sys.stderr.flush()
    process = subprocess.Popen(command, cwd=params.dir, env=environment)
    with process, _Signals(process):
        status = process.wait()
    return status if status >= 0 else 128 - status


def _program():
    import sysconfig

    name = "hasten"
    folders = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    found = shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)
    if found is None:
        raise pytest.UsageError(
            "-p hasten: the program hasten is neither beside this Python nor on PATH. "
            "Install it (pip install hasten), or leave out -p hasten"
        )
    return found


class _Signals:
    """Leaves Ctrl-C to hasten, and passes on what is sent to this process alone."""

    def __init__(self, process):
        self._process = process
        self._before = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            try:
                self._before[number] = signal.signal(number, self._pass_on)
            except ValueError:  # this is not the main thread, which alone may ask for signals
                return

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _pass_on(self, number, _frame):
        # The terminal sends Ctrl-C to both, and a second one is more than one.
        if number != signal.SIGINT or not _is_in_foreground():
            self._process.send_signal(number)


def _is_in_foreground():
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
