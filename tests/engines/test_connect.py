"""The engine must not take two different questions for one."""

from openhalo.engines.duckdb_cursor import cursor

JOINED = (
    "SELECT a.key, b.value FROM places a LEFT JOIN (SELECT {column} AS value, key FROM places) b ON a.again = b.key"
)
TWO_JOINS_OF_ONE_TABLE = f"""
    SELECT names.value, keys.value FROM (VALUES ('b')) AS asked(key)
    LEFT JOIN ({JOINED.format(column="name")}) names ON asked.key = names.key
    LEFT JOIN ({JOINED.format(column="again")}) keys ON asked.key = keys.key
"""


def test_two_joins_of_a_table_with_itself_stay_two():
    rows = "VALUES ('a', 'a', NULL), ('b', 'nowhere', 'x')"
    cursor().execute(f"CREATE OR REPLACE TEMP TABLE places AS SELECT * FROM ({rows}) AS t(key, again, name)")
    assert cursor().sql(TWO_JOINS_OF_ONE_TABLE).fetchall() == [(None, None)]
