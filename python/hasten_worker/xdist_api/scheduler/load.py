"""``xdist.scheduler.load``."""

from xdist.scheduler import LoadScheduling

__all__ = ["LoadScheduling"]
