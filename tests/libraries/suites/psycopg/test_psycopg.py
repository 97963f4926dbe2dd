import pytest
from database import connection


@pytest.mark.parametrize("number", range(20))
def test_an_answer_is_to_the_question(number):
    for n in range(10):
        assert connection.execute("select %s::int", (100 * number + n,)).fetchone() == (100 * number + n,)
