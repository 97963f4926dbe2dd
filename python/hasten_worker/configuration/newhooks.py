"""The hooks that pytest-xdist defines: a conftest that implements one stays valid."""

import pytest


@pytest.hookspec()
def pytest_xdist_setupnodes(config, specs):
    """Called before any remote node is set up."""


@pytest.hookspec()
def pytest_xdist_newgateway(gateway):
    """Called on new raw gateway creation."""


@pytest.hookspec()
def pytest_xdist_rsyncstart(source, gateways):
    """Called before rsyncing a directory to remote gateways takes place."""


@pytest.hookspec()
def pytest_xdist_rsyncfinish(source, gateways):
    """Called after rsyncing a directory to remote gateways takes place."""


@pytest.hookspec(firstresult=True)
def pytest_xdist_getremotemodule():
    """Called when creating remote node."""


@pytest.hookspec()
def pytest_configure_node(node):
    """Configure node information before it gets instantiated."""


@pytest.hookspec()
def pytest_testnodeready(node):
    """Test Node is ready to operate."""


@pytest.hookspec()
def pytest_testnodedown(node, error):
    """Test Node is down."""


@pytest.hookspec()
def pytest_xdist_node_collection_finished(node, ids):
    """Called by the controller node when a worker node finishes collecting."""


@pytest.hookspec(firstresult=True)
def pytest_xdist_make_scheduler(config, log):
    """Return a node scheduler implementation."""


@pytest.hookspec(firstresult=True)
def pytest_xdist_auto_num_workers(config):
    """Return the number of workers to spawn when ``--numprocesses=auto`` is given."""


@pytest.hookspec(firstresult=True)
def pytest_handlecrashitem(crashitem, report, sched):
    """Handle a crashitem, modifying the report if necessary."""


class TimeoutHooks:
    """The hooks that pytest-timeout defines."""

    @pytest.hookspec(firstresult=True)
    def pytest_timeout_set_timer(item, settings):
        """Called at timeout setup."""

    @pytest.hookspec(firstresult=True)
    def pytest_timeout_cancel_timer(item):
        """Called at timeout teardown."""
