import pytest

pytest.fail("while it is imported")
