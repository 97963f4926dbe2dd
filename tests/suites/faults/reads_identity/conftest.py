"""Names a database after the worker, as many projects do."""

import os

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
