"""Hooks that main calls again with what a worker sends: what they print is printed there."""

from hasten_worker.inspection.hooks import PYTEST_AND_OURS, hook_wrapper, others
from hasten_worker.running.registration import register

_REPLAYED = ("pytest_runtest_logstart", "pytest_runtest_logreport", "pytest_runtest_logfinish")


def mute_replayed_hooks(session, streams):
    """Lets what implementations of others print past pytest's capture vanish in this process."""
    plugin = _Muted()
    for name in _REPLAYED:
        if others(getattr(session.config.hook, name), PYTEST_AND_OURS):
            setattr(plugin, name, _muted(streams))
    register(session, plugin)


class _Muted:
    """Has wrappers of the hooks that somebody listens to; each costs time in each phase."""


def _muted(streams):
    @hook_wrapper(tryfirst=True)
    def muted():
        streams.quiet()
        try:
            return (yield)
        finally:
            streams.loud()

    return muted
