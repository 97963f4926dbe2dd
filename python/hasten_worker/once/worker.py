"""Fixtures that are set up once, and the loop of a worker that runs items."""

import os
from functools import partial

from hasten_worker.messages import journal as words
from hasten_worker.once.exchange import Exchange
from hasten_worker.once.fixtures import Once
from hasten_worker.once.late import is_silent, tear_down


class WorkerOnce:
    """Knows which item runs, and reports what is torn down when the last one has run."""

    def __init__(self, session, channel, journal, reports, names):
        self._session = session
        self._journal = journal
        self._reports = reports
        self._exchange = Exchange(channel, journal, reports)
        self._once = Once(session, self._exchange, os.path.join(str(session.config.rootpath), ""))
        self._last = None  # index of the last item
        self._once.watch(frozenset(names))

    def begin_item(self, index, again):
        """This item runs from now on; ``again``: it was run before."""
        self._last = index
        self._exchange.again = bool(again)

    def end(self, key):
        """Every test of the run has its final state: ends a fixture, or what depends on it here."""
        if self._once.has_to_end(key):
            self._journal.start_phase(words.ENDING)
            self._tear_down(partial(self._once.end, key))
            self._journal.start_phase(words.NONE)

    def finish(self):
        """The session is to be ended: tears down what was kept for such fixtures."""
        self._once.release()
        state = self._session._setupstate
        if self._session in state.stack and self._last is not None:
            self._tear_down(partial(state.teardown_exact, None))

    def release(self):
        """The session ends, whether or not it was to."""
        self._once.release()

    def _tear_down(self, body):
        report = tear_down(self._session.items[self._last], body)
        if not is_silent(report):
            self._reports.add_late(self._last, report)
