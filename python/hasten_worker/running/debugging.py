"""Who stops in pdb gets the terminal: ``breakpoint()``, ``pytest.set_trace()``, ``--pdb``."""

import signal
import unittest

import pytest
from _pytest import runner

from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.messages import journal as words
from hasten_worker.messages import wire
from hasten_worker.messages.asking import ask
from hasten_worker.processes.signals import set_handler

# pytest's name for the plugin behind ``--pdb``.
_PDB_INVOKE = "pdbinvoke"


class Debugging:
    """Asks for the terminal when pdb begins, and gives it back when the test goes on.

    Where the test is stopped for good (``quit``), the supervisor takes the terminal back by itself.
    """

    def __init__(self, channel, journal, streams):
        self._channel = channel
        self._journal = journal
        self._streams = streams
        self._before = None  # what the streams were, while the terminal is ours
        self._on_suspend = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_enter_pdb(self):
        """Waits for its turn."""
        self.borrow()

    @pytest.hookimpl(trylast=True)
    def pytest_leave_pdb(self):
        """The test goes on."""
        self.give_back()

    def borrow(self):
        """Waits until the terminal is free, and takes it."""
        journal = self._journal
        if self._before is not None or journal.copied or journal.cut_off:
            return
        # Who debugs is not to be hurried, neither now nor for the rest of the phase.
        journal.debugged(journal.started)
        answer = ask(self._channel, journal, wire.ASK_TERMINAL, wire.TERMINAL)
        if answer is not None and answer["granted"]:
            self._before = self._streams.let_through()
            # No shell would bring back what Ctrl-Z stops: it started another process.
            self._on_suspend = set_handler(signal.SIGTSTP, signal.SIG_IGN)

    def give_back(self):
        """Lets others have the terminal."""
        if self._before is None:
            return
        self._streams.restore(self._before)
        self._before = None
        set_handler(signal.SIGTSTP, self._on_suspend)
        try:
            give_terminal_back(self._channel)
        except wire.Closed:
            self._journal.cut_off = True


class PostMortem:
    """``--pdb``: what pytest prints before its prompt needs the terminal, too."""

    def __init__(self, debugging):
        self._debugging = debugging

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_makereport(self, call):
        """Marks what is shown at the prompt, since pytest does so when the report was sent."""
        report = yield
        if runner.check_interactive_exception(call, report) and not _is_skip(call):
            report._pdbshown = True
        return report

    @hook_wrapper(tryfirst=True)
    def pytest_exception_interact(self, call):
        """Holds the terminal for as long as pytest's plugin has the word."""
        if _is_skip(call):
            return (yield)
        self._debugging.borrow()
        try:
            return (yield)
        finally:
            self._debugging.give_back()


def give_terminal_back(channel):
    """Returns when others may have the terminal: what reads from it next must ask for it again."""
    channel.send(wire.LEAVE_TERMINAL)
    channel.receive_kind(wire.TERMINAL)


def give_back_what_is_lent(channel, journal):
    """Likewise, if what ran until now has got the terminal to read from it."""
    if journal.told & words.HAS_TERMINAL:
        give_terminal_back(channel)


def plugins(config, channel, journal, streams):
    """Returns what a process needs whose tests, or files, may stop in a debugger."""
    debugging = Debugging(channel, journal, streams)
    if after_failures(config):
        return [debugging, PostMortem(debugging)]
    return [debugging]


def after_failures(config):
    """Whether ``--pdb`` was given."""
    return getattr(config.option, "usepdb", False)


def put_off_post_mortem(manager):
    """Takes ``--pdb`` out of a process; returns what brings it back."""
    plugin = manager.unregister(name=_PDB_INVOKE)

    def bring_back():
        if plugin is not None:
            manager.register(plugin, _PDB_INVOKE)

    return bring_back


def _is_skip(call):
    return isinstance(call.excinfo.value, unittest.SkipTest)
