"""``xdist.plugin``: who runs what."""

from hasten_worker.configuration.options import parse_numprocesses
from hasten_worker.running.fixtures import testrun_uid, worker_id

__all__ = [
    "get_xdist_worker_id",
    "is_xdist_controller",
    "is_xdist_master",
    "is_xdist_worker",
    "parse_numprocesses",
    "testrun_uid",
    "worker_id",
]


def is_xdist_worker(request_or_session):
    """Whether this is a process that runs tests for another one."""
    return hasattr(request_or_session.config, "workerinput")


def is_xdist_controller(request_or_session):
    """Whether other processes run the tests of this one."""
    config = request_or_session.config
    return not is_xdist_worker(request_or_session) and config.option.dist != "no"


is_xdist_master = is_xdist_controller


def get_xdist_worker_id(request_or_session):
    """Returns the id of this worker, or ``master`` where it is none."""
    if not is_xdist_worker(request_or_session):
        return "master"
    return request_or_session.config.workerinput["workerid"]
