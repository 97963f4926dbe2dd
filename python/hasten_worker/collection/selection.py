"""Which of the collected tests are run here, and in which order: the supervisor says it.

Asked only where ``--shard`` or ``--order`` has a say. Tests of other shards are deselected as
``-k`` does it.
"""

import json

import pytest

from hasten_worker.collection.collected import facts
from hasten_worker.messages import wire


class Selection:
    """A plugin of the process that collects."""

    def __init__(self, channel):
        self._channel = channel
        self._lines = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session):
        """After everybody has selected and sorted, and before anybody counts."""
        items = session.items
        config = session.config
        message = {
            **facts(items),
            "testsfailed": session.testsfailed,
            "continue_on_errors": bool(config.option.continue_on_collection_errors),
        }
        self._channel.send_json(wire.ITEMS, message)
        answer = self._answer()
        if answer is None:
            return
        self._lines = answer["lines"]
        kept = answer["keep"]
        chosen = set(kept)
        others = [item for index, item in enumerate(items) if index not in chosen]
        if others:
            config.hook.pytest_deselected(items=others)
        items[:] = [items[index] for index in kept]

    @pytest.hookimpl
    def pytest_report_collectionfinish(self):
        return self._lines

    def _answer(self):
        kind, payload = self._channel.receive()
        if kind != wire.SELECTION:
            return None
        return json.loads(payload)
