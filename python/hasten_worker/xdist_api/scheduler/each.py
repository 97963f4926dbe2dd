"""``xdist.scheduler.each``."""

from xdist.scheduler import EachScheduling

__all__ = ["EachScheduling"]
