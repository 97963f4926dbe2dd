import os
import sqlite3
import tempfile

import pytest

file, path = tempfile.mkstemp(suffix=".db")
os.close(file)
database = sqlite3.connect(path, isolation_level=None)
database.execute("create table numbers (n)")


@pytest.mark.parametrize("number", range(8))
def test_what_is_written_can_be_read(number):
    database.execute("begin immediate")
    database.execute("insert into numbers values (?)", (number,))
    assert database.execute("select count(*) from numbers where n = ?", (number,)).fetchone() == (1,)
    database.execute("commit")
