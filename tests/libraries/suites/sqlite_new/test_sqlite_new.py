"""A database that is still empty when workers are forked."""

import sqlite3
import tempfile

import pytest

folder = tempfile.TemporaryDirectory()
database = sqlite3.connect(folder.name + "/new.db")


@pytest.mark.parametrize("number", range(4))
def test_a_table_is_made(number):
    database.execute(f"create table t{number} (n)")
    names = database.execute("select name from sqlite_master").fetchall()
    assert (f"t{number}",) in names
