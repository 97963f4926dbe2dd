"""``xdist.scheduler.loadscope``."""

from xdist.scheduler import LoadScopeScheduling

__all__ = ["LoadScopeScheduling"]
