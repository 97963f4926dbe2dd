import sqlite3

import pytest

database = sqlite3.connect(":memory:")
database.execute("create table numbers (n)")
database.executemany("insert into numbers values (?)", [(n,) for n in range(8)])


@pytest.mark.parametrize("number", range(8))
def test_what_was_written_can_be_read(number):
    assert database.execute("select n from numbers where n = ?", (number,)).fetchone() == (number,)
