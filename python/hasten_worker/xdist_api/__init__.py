"""What ``import xdist`` gives where pytest-xdist is not installed: its public names, of 3.8."""

from xdist.plugin import (
    get_xdist_worker_id,
    is_xdist_controller,
    is_xdist_master,
    is_xdist_worker,
)

__version__ = "3.8.0"
__all__ = [
    "__version__",
    "get_xdist_worker_id",
    "is_xdist_controller",
    "is_xdist_master",
    "is_xdist_worker",
]
