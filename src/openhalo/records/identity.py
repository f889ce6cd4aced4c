"""Which record a row is, and whether it says something new: keys and content hashes, computed in DuckDB."""

from openhalo.catalogue.record_types import RecordType

_SEPARATOR, _NULL = "chr(31)", "chr(30)"


def record_key(agency: str, source: str, has_key: bool) -> str:
    """Return the SQL of the record key over staged rows (`row`, `source_id`).

    With a key in the file: agency/source/id. Without: 128 bits of SHA-256 over the raw cells, and an ordinal
    among identical rows, so that two alike actions stay two.
    """
    prefix = quote(f"{agency}/{source}/")
    if has_key:
        return f"{prefix} || source_id"
    digest = "left(sha256(source_id), 32)"
    return f"{prefix} || {digest} || '-' || row_number() OVER (PARTITION BY source_id ORDER BY row)"


def content_hash(record: RecordType) -> str:
    """Return the SQL of a stable 63-bit hash over a record's own columns (not its key or delivery)."""
    names = [column for name, spec in record.fields.items() for column in spec.columns(name)]
    cells = ", ".join(f"coalesce(CAST({identifier(name)} AS VARCHAR), {_NULL})" for name in names)
    return f"CAST(md5_number_lower(concat_ws({_SEPARATOR}, {cells})) & 9223372036854775807 AS BIGINT)"


def identifier(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"
