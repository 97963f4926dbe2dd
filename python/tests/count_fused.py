"""A plugin for a worker that says how many items took the fused path, and why others did not."""

import json
import os

from hasten_worker import items

_run = items.ItemLoop.run


def run(self):
    _run(self)
    found = {"why": self.why_not_fused, "taken": 0, "refused": {}}
    if self.fused is not None:
        found.update(taken=self.fused.taken, refused=self.fused.refused)
    with open(os.environ["COUNT_FUSED"], "w", encoding="utf-8") as file:
        json.dump(found, file)


items.ItemLoop.run = run
