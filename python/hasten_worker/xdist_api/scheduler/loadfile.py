"""``xdist.scheduler.loadfile``."""

from xdist.scheduler import LoadFileScheduling

__all__ = ["LoadFileScheduling"]
