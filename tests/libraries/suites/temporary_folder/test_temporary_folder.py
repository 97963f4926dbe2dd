"""One folder for all tests of the process."""

import os
import tempfile

import pytest

FOLDER = tempfile.mkdtemp()


@pytest.mark.parametrize("number", range(40))
def test_a_file_is_ones_own(number):
    path = os.path.join(FOLDER, "file")
    for _ in range(20):
        with open(path, "x", encoding="utf-8") as file:
            file.write(str(number))
        with open(path, encoding="utf-8") as file:
            assert file.read() == str(number)
        os.unlink(path)
