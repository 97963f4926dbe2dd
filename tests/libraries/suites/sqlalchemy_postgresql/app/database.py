import sqlalchemy

engine = sqlalchemy.create_engine("postgresql+psycopg2://")
with engine.connect() as connection:
    connection.execute(sqlalchemy.text("select 1"))
