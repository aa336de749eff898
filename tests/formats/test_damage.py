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
