"""A plugin that prints what the supervisor would read of leftovers, at calls and after tests."""

import pytest

from hasten_worker.inspection.hooks import hook_wrapper
from hasten_worker.running.leftovers import Leftovers


class Journal:
    word = False

    def set_wide_fixtures(self, there_are):
        assert there_are != self.word, "it is written when it changes"
        self.word = there_are


class Notes:
    def __init__(self):
        self.journal = Journal()
        self.leftovers = None
        self.seen = []

    @hook_wrapper(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.leftovers = self.leftovers or Leftovers(item.session, self.journal)
        result = yield
        self.look(item)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item):
        self.look(item)

    def look(self, item):
        self.leftovers.look(item)
        self.seen.append(f"{item.name}:{int(self.journal.word)}")

    @pytest.hookimpl
    def pytest_unconfigure(self):
        print("seen", *self.seen)


def pytest_configure(config):
    config.pluginmanager.register(Notes())
