import pathlib

import sqlalchemy

path = pathlib.Path(__file__).parent / "app.db"
engine = sqlalchemy.create_engine(f"sqlite:///{path}")
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("create table if not exists numbers (n int)"))
