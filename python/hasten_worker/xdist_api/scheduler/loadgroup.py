"""``xdist.scheduler.loadgroup``."""

from xdist.scheduler import LoadGroupScheduling

__all__ = ["LoadGroupScheduling"]
