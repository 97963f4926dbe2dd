import pytest
import sqlalchemy
from sqlalchemy.pool import StaticPool

engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool)
with engine.begin() as begun:
    begun.execute(sqlalchemy.text("create table numbers (n int)"))


@pytest.mark.parametrize("number", range(8))
def test_what_is_written_can_be_read(number):
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("insert into numbers values (:n)"), {"n": number})
        found = connection.execute(sqlalchemy.text("select n from numbers where n = :n"), {"n": number})
        assert found.first() == (number,)
