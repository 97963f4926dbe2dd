"""Tells plugins that were given the identity of the session who they are after the fork."""


def adopt(config):
    """Called in a worker that was forked from the session."""
    name = config.workerinput["workerid"]
    # pytest-cov 4 to 7: its data file gets a name of its own with the number of the process.
    coverage = getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if getattr(coverage, "nodeid", None) is not None:
        coverage.nodeid = name
