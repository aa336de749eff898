"""Whatever the format: damaged bytes give the same table, what a plain reading says, or a failure by name."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults.bench import Zygote
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sources.damage import DAMAGE
from trouble.home import Home

from etl.sources.pages import fault_of
from formats.damaged import CODECS, FORMS, Yard

FEWER = max(1, settings.default.max_examples // 12)  # an example is a table and two damages of it, each a run
A_TABLE = 2


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Where files are damaged, and the process that forks a child for each load."""
    zygote = Zygote()
    yield Yard(tmp_path_factory.mktemp("yard"), zygote)
    zygote.close()


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=FEWER, phases=(Phase.explicit, Phase.reuse, Phase.generate),
          suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_damage_is_told_or_changes_nothing(yard: Yard, name: str, seed: int) -> None:
    """Flips, cuts, doubled and dropped blocks, loaded by the program in a process that could die of them."""
    yard.damage(name, str(seed), A_TABLE)


def parquet(codec: str, version: str) -> bytes:
    """A file with NULLs, nested values and several pages, with checksums."""
    out = io.BytesIO()
    table = pa.table({"n": [None, *range(30)], "s": ["x" * at for at in range(31)],
                      "l": [[at, None] for at in range(31)]})
    pq.write_table(table, out, compression=codec, data_page_version=version, write_page_checksum=True,
                   row_group_size=20, data_page_size=64)
    return out.getvalue()


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=8 * settings.default.max_examples, suppress_health_check=list(HealthCheck))
@given(damage=DAMAGE, version=st.sampled_from(["1.0", "2.0"]))
def test_pages_with_checksums_are_held_to_them(tmp_path: Path, codec: str, version: str, damage) -> None:
    """Damage before the footer is a fault, an error of the reader, or no difference in what it reads."""
    whole, path = parquet(codec, version), tmp_path / "t.parquet"
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    path.write_bytes(whole)
    assert fault_of(path) is None
    wanted = duckdb.read_parquet(str(path)).fetchall()
    path.write_bytes(b"PAR1" + damage(whole[4:-footer]) + whole[-footer:])
    if fault_of(path) is None:
        try:
            found = duckdb.read_parquet(str(path)).fetchall()
        except duckdb.Error:
            return
        assert found == wanted


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4"])
def test_a_whole_file_has_no_fault(tmp_path: Path, codec: str) -> None:
    """What DuckDB writes without checksums, in either version, with nested values, NULLs or no rows, is whole."""
    path = tmp_path / "t.parquet"
    for version, rows in (("V1", 5000), ("V2", 5000), ("V1", 0)):
        duckdb.sql(f"COPY (SELECT range AS n, CASE WHEN range % 3 = 0 THEN 'x' || range END AS s, [range, NULL] AS l, "
                   f"{{'a': range, 'b': [range::VARCHAR]}} AS r, MAP {{'k': range}} AS m, NULL::INTEGER AS z "
                   f"FROM range({rows})) TO '{path}' "
                   f"(FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
        assert fault_of(path) is None


@given(bit=st.integers(0, 7), at=st.floats(0, 1, exclude_max=True))
def test_pages_of_gzip_are_held_to_its_checksum(tmp_path_factory: pytest.TempPathFactory, bit: int, at: float) -> None:
    """Without checksums of pages, that of gzip is held: DuckDB leaves it out."""
    path = tmp_path_factory.mktemp("gzip") / "t.parquet"
    pq.write_table(pa.table({"n": pa.array(range(3000), pa.int64())}), path, compression="gzip", use_dictionary=False,
                   write_statistics=False)
    whole = bytearray(path.read_bytes())
    page = whole.index(b"\x1f\x8b")
    ends = len(whole) - int.from_bytes(whole[-8:-4], "little") - 8
    whole[page + 10 + int(at * (ends - page - 10))] ^= 1 << bit  # behind the ten bytes of its header
    path.write_bytes(whole)
    assert fault_of(path) is not None


def test_a_page_that_is_not_what_was_written_is_named(home: Home) -> None:
    """One bit of a page: the file and the column are named, nothing is loaded, and other files can be without it."""
    table = pa.table({"id": pa.array(range(100), pa.int64())})
    pq.write_table(table, "in/a.parquet")
    pq.write_table(table, "in/b.parquet", compression="none", use_dictionary=False, write_page_checksum=True)
    damaged = bytearray(Path("in/b.parquet").read_bytes())
    damaged[damaged.index((77).to_bytes(8, "little"))] ^= 1
    home.put({"b.parquet": bytes(damaged)})
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert "b.parquet: the Parquet file cannot be read: a page of column id does not have its checksum" in answer.error
    assert home.run("--on-error", "skip_file").code == 0
    assert [row["id"] for row in home.exported()] == list(range(100))


def test_two_files_put_together_are_not_read_as_the_first(tmp_path: Path) -> None:
    """The footer of the second fits the pages of the first, where both are of one layout."""
    path = tmp_path / "t.parquet"
    stored = []
    for numbers in ([1, 2, 3], [4, 5, 6]):
        pq.write_table(pa.table({"n": numbers}), path, write_page_index=True)
        assert fault_of(path) is None
        stored.append(path.read_bytes())
    path.write_bytes(b"".join(stored))
    assert duckdb.read_parquet(str(path)).fetchall() == [(1,), (2,), (3,)]
    assert fault_of(path) == "another file stands before it: files were put together"
