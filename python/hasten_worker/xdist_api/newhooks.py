"""``xdist.newhooks``: the hooks."""

from hasten_worker.configuration.newhooks import (  # noqa: F401
    pytest_configure_node,
    pytest_handlecrashitem,
    pytest_testnodedown,
    pytest_testnodeready,
    pytest_xdist_auto_num_workers,
    pytest_xdist_getremotemodule,
    pytest_xdist_make_scheduler,
    pytest_xdist_newgateway,
    pytest_xdist_node_collection_finished,
    pytest_xdist_rsyncfinish,
    pytest_xdist_rsyncstart,
    pytest_xdist_setupnodes,
)
