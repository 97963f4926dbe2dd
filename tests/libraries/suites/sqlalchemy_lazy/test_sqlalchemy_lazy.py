"""An engine that has not connected yet."""

import pytest
import sqlalchemy

engine = sqlalchemy.create_engine("postgresql+psycopg://")


@pytest.mark.parametrize("number", range(8))
def test_an_answer_is_to_the_question(number):
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select :n"), {"n": number}).scalar() == number
