import app.database  # noqa: F401
