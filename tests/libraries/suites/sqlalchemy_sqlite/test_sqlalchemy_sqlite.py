import conftest
import pytest
import sqlalchemy


@pytest.mark.parametrize("number", range(8))
def test_what_is_written_can_be_read(number):
    with conftest.engine.connect() as connection:
        connection.execute(sqlalchemy.text("begin immediate"))
        connection.execute(sqlalchemy.text("insert into numbers values (:n)"), {"n": number})
        found = connection.execute(sqlalchemy.text("select n from numbers where n = :n"), {"n": number})
        assert found.first() == (number,)
        connection.rollback()
