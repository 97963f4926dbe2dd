import pytest
from database import connection


@pytest.mark.parametrize("number", range(20))
def test_an_answer_is_to_the_question(number):
    with connection.cursor() as cursor:
        for n in range(10):
            cursor.execute("select %s", (100 * number + n,))
            assert cursor.fetchone() == (100 * number + n,)
