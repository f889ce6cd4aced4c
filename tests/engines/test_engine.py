"""What readers ask of an engine: tables from files, views, rows; all in Ibis that other engines compile too."""

from datetime import date

import ibis
import polars as pl
import pytest

from openhalo.catalogue.index import load
from openhalo.engines.columns import IBIS
from openhalo.engines.duckdb_engine import DuckDBEngine
from openhalo.records.manifest import first_manifest
from openhalo.records.reading import Records

ENGINE = DuckDBEngine()


def written(path, **columns):
    pl.DataFrame(columns).write_parquet(path)
    return path.as_posix()


def test_files_are_united_by_name_and_what_none_of_them_holds_is_null(tmp_path):
    files = [written(tmp_path / "it's 1.parquet", a=["x"], b=[1], more=[0]), written(tmp_path / "2.parquet", a=["y"])]
    table = ENGINE.table(files, {"b": "integer", "a": "text", "c": "texts"})
    rows = ENGINE.fetch(table).sort("a")
    assert rows.rows() == [(1, "x", None), (None, "y", None)]
    assert rows.schema == {"b": pl.Int64, "a": pl.String, "c": pl.List(pl.String)}


def test_a_folder_of_a_file_is_no_column(tmp_path):
    (tmp_path / "a=1").mkdir()
    table = ENGINE.table([written(tmp_path / "a=1" / "1.parquet", b=[1])], {"a": "integer", "b": "integer"})
    assert ENGINE.fetch(table).rows() == [(None, 1)]


def test_a_table_of_no_files_has_no_rows():
    rows = ENGINE.fetch(ENGINE.table([], {"a": "integer"}))
    assert rows.is_empty()
    assert rows.schema == {"a": pl.Int64}


def test_a_file_that_was_written_anew_is_looked_at_anew(tmp_path):
    path, columns = tmp_path / "1.parquet", {"a": "text", "a_missing": "text"}
    files = [written(path, a=["x"])]
    assert ENGINE.fetch(ENGINE.table(files, columns)).rows() == [("x", None)]
    written(path, a=pl.Series([None], dtype=pl.String), a_missing=["unknown"])
    assert ENGINE.fetch(ENGINE.table(files, columns)).rows() == [(None, "unknown")]


def test_a_view_is_made_once_for_the_same_facts(tmp_path):
    table = ENGINE.table([written(tmp_path / "1.parquet", a=[1, 2, 3])], {"a": "integer"})
    some = ENGINE.view([table.get_name(), "some"], lambda: table.filter(table.a > 1))
    assert ENGINE.fetch(some)["a"].sort().to_list() == [2, 3]
    again = ENGINE.view([table.get_name(), "some"], lambda: pytest.fail("it is there already"))
    assert again.get_name() == some.get_name()
    other = ENGINE.view([table.get_name(), "others"], lambda: table.filter(table.a > 2))
    assert ENGINE.fetch(other)["a"].to_list() == [3]


def test_rows_have_the_types_that_the_expression_promises(tmp_path):
    table = ENGINE.table([written(tmp_path / "1.parquet", a=[1, 2])], {"a": "integer"})
    assert ENGINE.fetch(table.aggregate(total=table.a.sum())).schema == {"total": pl.Int64}


def test_a_frame_beside_the_records_is_lent_for_one_question(tmp_path):
    table = ENGINE.table([written(tmp_path / "1.parquet", a=["x", "y", "z"])], {"a": "text"})
    places = ibis.memtable(pl.DataFrame({"key": ["z", "x"], "row": [0, 1]}))
    for _ in range(2):
        joined = ENGINE.fetch(table.join(places, table.a == places.key).select("a", "row"))
        assert joined.sort("row").rows() == [("z", 0), ("x", 1)]


@pytest.mark.parametrize(("suffix", "read"), [(".csv", pl.read_csv), (".parquet", pl.read_parquet)])
def test_rows_are_written_in_their_order(tmp_path, suffix, read):
    table = ENGINE.table([written(tmp_path / "1.parquet", a=[3, 1, 2])], {"a": "integer"})
    path = tmp_path / f"it's{suffix}"
    assert ENGINE.write(table.order_by("a"), path) == 3
    assert read(path)["a"].to_list() == [1, 2, 3]
    with pytest.raises(OSError, match="nowhere"):
        ENGINE.write(table, tmp_path / "nowhere" / f"a{suffix}")


class Names:
    """An engine that only names tables, and keeps what was to be made a view."""

    def __init__(self):
        self.views = {}

    def table(self, files, columns):
        return ibis.table({name: IBIS[kind] for name, kind in columns.items()}, name=files[0])

    def view(self, facts, rows):
        made = rows()
        name = f"view {len(self.views)}"
        self.views[name] = made
        return ibis.table(made.schema(), name=name)


class Named(Records):
    """Records whose files have the names of their types."""

    def _files(self, record):
        return [record]


@pytest.mark.parametrize("record", ["complaints/allegation", "complaints/complaint"])
def test_which_records_count_compiles_for_another_engine_with_the_columns_of_the_record_type(record):
    catalogue, engine = load(), Names()
    day = date(2020, 1, 1)
    table = Named(None, first_manifest(), catalogue, day, engine=engine).table(record)
    columns = {name: IBIS[kind] for name, kind in catalogue.record_type(record).columns().items()}
    assert table.schema() == ibis.schema(columns)
    made = [str(ibis.to_sql(rows, dialect="pyspark")) for rows in engine.views.values()]
    assert any("LEFT OUTER JOIN" in text for text in made)
    assert any("2020" in text for text in made)
