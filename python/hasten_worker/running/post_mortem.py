"""pdb in the frame that failed, on somebody else's terminal."""

import os
import signal
import sys
import traceback
from contextlib import contextmanager

import pytest
from _pytest import debugging
from _pytest.config import create_terminal_writer

from hasten_worker.processes.descriptors import copy_up
from hasten_worker.processes.signals import set_handler

# So often a debugger may come back that neither goes on nor quits.
_MOST_RETURNS = 1000


def debug(config, excinfo, report, visit):
    """Opens pytest's debugger for who has come; returns whether the test is to go on."""
    manager = config.pluginmanager
    with _on(visit, manager.getplugin("capturemanager")):
        watch = _Watch()
        manager.register(watch)
        try:
            _show(config, report)
            _interact(config, excinfo, watch)
        except pytest.exit.Exception:  # `q`, or the end of its input
            pass
        except BaseException:  # of the debugger: --pdbcls may name any
            traceback.print_exc(file=sys.stdout)
        finally:
            manager.unregister(watch)
        return watch.goes_on


class _Watch:
    """Hears ``continue``."""

    goes_on = False

    @pytest.hookimpl
    def pytest_leave_pdb(self):
        self.goes_on = True


class Failures:
    """Shows what fails from now on, as pytest does: the run has nothing to do with it any more."""

    def __init__(self, config, visit):
        self._config = config
        self._visit = visit  # whose connection ends with this process
        self._file = _open(visit.stdout, "w")

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report):
        if not report.failed:
            return
        try:
            writer = create_terminal_writer(self._config, self._file)
            writer.sep("_", f"{report.nodeid} has failed in {report.when}")
            report.toterminal(writer)
            self._file.flush()
        except OSError:  # who has come went away
            pass


def _show(config, report):
    """Shows what pytest shows ahead of pdb (``_pytest.debugging._enter_pdb``)."""
    writer = create_terminal_writer(config, sys.stdout)
    writer.line()
    shown = config.option.showcapture
    for name, text in (
        ("stdout", report.capstdout),
        ("stderr", report.capstderr),
        ("log", report.caplog),
    ):
        if shown in (name, "all") and text:
            writer.sep(">", "captured " + name)
            writer.line(text[:-1] if text.endswith("\n") else text)
    writer.sep(">", "traceback")
    report.toterminal(writer)
    writer.sep(">", f"{report.when} of {report.nodeid} has failed")
    writer.line("c lets it go on to its teardown and ends its process, q leaves it as it is")
    sys.stdout.flush()


def _interact(config, excinfo, watch):
    find = getattr(debugging, "_postmortem_exc_or_tb", None) or debugging._postmortem_traceback
    what = find(excinfo)
    for _ in range(_MOST_RETURNS):
        debugging.post_mortem(what)
        if watch.goes_on:
            return
        # `next`, `step` and others want to run what cannot be run any more.
        writer = create_terminal_writer(config, sys.stdout)
        writer.line("The test is over: c lets it go on to its teardown, q leaves it as it is")


@contextmanager
def _on(visit, capture):
    """The standard streams are the visitor's."""
    if capture is not None:
        capture.suspend(in_=True)
    before = [copy_up(number) for number in (0, 1, 2)]
    objects = sys.stdin, sys.stdout, sys.stderr
    _flush(objects)
    for descriptor, number in ((visit.stdin, 0), (visit.stdout, 1), (visit.stdout, 2)):
        os.dup2(descriptor, number)
    sys.stdin, sys.stdout = _open(0, "r"), _open(1, "w")
    sys.stderr = _open(2, "w")
    ours = sys.stdin, sys.stdout, sys.stderr
    # Ctrl-C comes as a signal; Ctrl-Z would stop what no shell brings back.
    handlers = {
        signal.SIGINT: set_handler(signal.SIGINT, signal.default_int_handler),
        signal.SIGTSTP: set_handler(signal.SIGTSTP, signal.SIG_IGN),
    }
    term = os.environ.get("TERM")
    if visit.terminal:
        os.environ["TERM"] = visit.terminal
    try:
        yield
    finally:
        for number, handler in handlers.items():
            set_handler(number, handler)
        _flush(ours)
        if capture is not None:
            capture.suspend(in_=True)  # `continue` has resumed it
        sys.stdin, sys.stdout, sys.stderr = objects
        for number, descriptor in enumerate(before):
            os.dup2(descriptor, number)
            os.close(descriptor)
        if visit.terminal:
            _restore("TERM", term)


def _open(descriptor, mode):
    errors = "backslashreplace" if mode == "w" else "surrogateescape"
    buffering = 1 if mode == "w" else -1
    return open(descriptor, mode, buffering, "utf-8", errors, closefd=False)


def _flush(streams):
    for stream in streams:
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def _restore(name, value):
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
