import psycopg2

connection = psycopg2.connect("")
connection.autocommit = True
