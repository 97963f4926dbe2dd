import logging
import time

import conftest
import pytest


@pytest.mark.parametrize("number", range(6))
def test_what_is_logged_arrives(number):
    logging.getLogger("app").warning("entry %d", number)
    end = time.monotonic() + 20
    while f"entry {number}" not in conftest.records:
        assert time.monotonic() < end, "the listener does not listen"
        time.sleep(0.001)
