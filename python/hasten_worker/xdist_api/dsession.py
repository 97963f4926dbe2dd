"""``xdist.dsession``: the controller."""

from hasten_worker.terminal.controller import Controller as DSession

__all__ = ["DSession", "Interrupted"]


class Interrupted(KeyboardInterrupt):
    """Signals an immediate interruption."""
