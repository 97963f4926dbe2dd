"""Tells the supervisor when a fixture of a wider scope than the test is set up or torn down.

Such a fixture has a limit of its own (``fixture-timeout``), and its time is not charged to the test
that happens to be the first or the last one to use it.
"""

from hasten_worker.inspection.hooks import hook_wrapper


class WideFixtures:
    """A plugin, registered where there is such a limit."""

    def __init__(self, journal):
        self._journal = journal
        self._depth = 0

    @hook_wrapper(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope == "function":
            return (yield)
        # Finalizers run in reverse: the first one added here is the last to run.
        fixturedef.addfinalizer(self._end)
        self._begin()
        try:
            return (yield)
        finally:
            self._end()
            fixturedef.addfinalizer(self._begin)

    def _begin(self):
        self._depth += 1
        if self._depth == 1:
            self._journal.start_fixture()

    def _end(self):
        self._depth -= 1
        if self._depth == 0:
            self._journal.end_fixture()
