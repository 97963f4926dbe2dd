"""``xdist.scheduler.worksteal``."""

from xdist.scheduler import WorkStealingScheduling

__all__ = ["WorkStealingScheduling"]
