import psycopg

connection = psycopg.connect("", autocommit=True)
