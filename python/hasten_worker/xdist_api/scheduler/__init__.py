"""``xdist.scheduler``: classes that suites derive their own from, to say which tests stay together.

Which worker runs what is the supervisor's decision; it asks ``_split_scope`` only.
"""


class Scheduling:
    """The common part."""

    def __init__(self, config, log=None):
        self.config = config
        self.log = log


class EachScheduling(Scheduling):
    """``--dist each``."""


class LoadScheduling(Scheduling):
    """``--dist load``."""


class WorkStealingScheduling(Scheduling):
    """``--dist worksteal``."""


class LoadScopeScheduling(Scheduling):
    """``--dist loadscope``."""

    def _split_scope(self, nodeid):
        return nodeid.rsplit("::", 1)[0]


class LoadFileScheduling(LoadScopeScheduling):
    """``--dist loadfile``."""

    def _split_scope(self, nodeid):
        return nodeid.split("::", 1)[0]


class LoadGroupScheduling(LoadScopeScheduling):
    """``--dist loadgroup``."""

    def _split_scope(self, nodeid):
        if nodeid.rfind("@") > nodeid.rfind("]"):
            return nodeid.split("@")[-1]
        return nodeid
