"""What hasten offers to test suites.

``hasten.once`` lets a session fixture be set up once for a whole run, not once in each worker::

    @pytest.fixture(scope="session")
    @hasten.once
    def database():
        url = create()
        yield url
        drop(url)

Under plain pytest it changes nothing.

As a plugin, ``pytest -p hasten``, it hands the run to hasten (``handover.py``).
"""

from hasten.handover import (
    pytest_cmdline_main,
    pytest_load_initial_conftests,
    pytest_report_header,
)
from hasten.once import once

__all__ = [
    "once",
    "pytest_cmdline_main",
    "pytest_load_initial_conftests",
    "pytest_report_header",
]
