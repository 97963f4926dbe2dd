import pytest
import sqlalchemy
from app.database import engine


@pytest.mark.parametrize("number", range(20))
def test_an_answer_is_to_the_question(number):
    with engine.connect() as connection:
        for n in range(10):
            value = 100 * number + n
            assert connection.execute(sqlalchemy.text("select :n"), {"n": value}).scalar() == value
