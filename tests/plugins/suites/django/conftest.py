import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Leaves a note in the database, where Django does not know of it: how many runs have used it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS runs (run integer)")
        cursor.execute("INSERT INTO runs VALUES (1)")


@pytest.fixture(scope="session")
def worker_suffix(request):
    workerinput = getattr(request.config, "workerinput", None)
    return "_" + workerinput["workerid"] if workerinput else ""
