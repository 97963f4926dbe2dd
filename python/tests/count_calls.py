"""A plugin for a worker that counts the calls of functions while it runs items."""

import os
import sys

from hasten_worker.running import items

_run = items.ItemLoop.run


def run(self):
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        _run(self)
    finally:
        sys.setprofile(None)
    with open(os.environ["COUNT_CALLS"], "w", encoding="utf-8") as file:
        file.write(str(count))


items.ItemLoop.run = run
