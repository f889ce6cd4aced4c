"""Names and texts as DuckDB's SQL writes them."""


def identifier(name: str) -> str:
    """Quote a name for SQL.

    >>> identifier("a b")
    '"a b"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote(text: str) -> str:
    """Quote a text for SQL.

    >>> quote("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
