"""What hasten offers to test suites.

``hasten.once`` lets a session fixture be set up once for a whole run, not once in each worker::

    @pytest.fixture(scope="session")
    @hasten.once
    def database():
        url = create()
        yield url
        drop(url)

Under plain pytest it changes nothing.
"""

from hasten.once import once

__all__ = ["once"]
