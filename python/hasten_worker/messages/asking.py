"""Questions to the supervisor that a running test waits for."""

import json

from hasten_worker.messages import wire


def ask(channel, journal, question, answer):
    """Returns the answer, or None where the channel is lost; no time limit holds meanwhile."""
    paused = journal.pause()
    try:
        channel.send(question)
        return json.loads(channel.receive_kind(answer))
    except wire.Closed:
        journal.cut_off = True
        return None
    finally:
        journal.resume(paused)
