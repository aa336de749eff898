"""Intervals: a month and 30 days are two values, though DuckDB takes them for equal."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trouble.home import Home

SPELT = ("1 month", "30 days", "720:00:00", "29 days 24:00:00", "1 year", "12 months", "360 days")
FILES = st.lists(st.lists(st.sampled_from((*SPELT, None)), min_size=1, max_size=3), min_size=2, max_size=4)
FEWER = max(1, settings.default.max_examples // 5)


def put(name: str, values: list[str | None]) -> None:
    """Write a file of Parquet: a key from 0, and an interval."""
    rows = ", ".join(f"({key}, CAST({'NULL' if value is None else repr(value)} AS INTERVAL))"
                     for key, value in enumerate(values))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM (VALUES {rows}) AS t(id, v)) TO 'in/{name}.parquet' (FORMAT parquet)")


def winners(count: int, strategy: str) -> list[tuple[int, str | None]]:
    """What DuckDB reads of each file, which writes equal intervals of one file as one; the first or last of a key."""
    found: dict[int, str | None] = {}
    for number in range(count):
        for key, value in duckdb.sql(f"SELECT id, v::VARCHAR FROM 'in/{number}.parquet'").fetchall():
            if strategy == "update" or key not in found:
                found[key] = value
    return sorted(found.items())


@settings(max_examples=FEWER, suppress_health_check=list(HealthCheck))
@given(files=FILES, strategy=st.sampled_from(("update", "deduplicate")))
def test_an_increment_is_a_rebuild(home: Home, files: list[list[str | None]], strategy: str) -> None:
    """File by file, in an order that is not that of their names, the winner's interval stands in the target."""
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    words = ("--strategy", strategy, "--key", "id")
    for number in (*range(1, len(files)), 0):
        put(str(number), files[number])
        assert home.run(*words).code == 0
        assert home.etl("verify", "--files", "--warehouse", str(home.warehouse)).code == 0
    assert home.sql("SELECT id, v::VARCHAR FROM w.main.t ORDER BY id") == winners(len(files), strategy)
    exported = Path("out/t.json").read_bytes()
    for left in Path("out").iterdir():
        left.unlink()
    assert home.run(*words).code == 0
    assert Path("out/t.json").read_bytes() == exported


@pytest.mark.parametrize("verb", ["run", "plan"])
def test_another_interval_is_an_update(home: Home, verb: str) -> None:
    """What DuckDB takes for equal is told as updated, and as a conflict of two files."""
    put("a", ["1 month", "1 day"])
    assert home.run("--strategy", "update", "--key", "id").code == 0
    put("b", ["30 days", "1 day"])
    load = home.run("--strategy", "update", "--key", "id", "--json", verb=verb).document
    (books,) = [file for file in load["files"] if file["path"] == "b.parquet"]
    assert (books["updated"], books["unchanged"]) == (1, 1)
    assert load["conflicts"]["keys"] == 1


def test_verify_tells_them_apart(home: Home) -> None:
    """An interval that other hands changed to one that DuckDB takes for equal is found."""
    put("a", ["1 month"])
    assert home.run("--strategy", "update", "--key", "id").code == 0
    with duckdb.connect(home.warehouse) as warehouse:
        warehouse.execute("UPDATE main.t SET v = INTERVAL '1 second'")  # else it would not be written
        warehouse.execute("UPDATE main.t SET v = INTERVAL '30 days'")
    answer = home.etl("verify", "--warehouse", str(home.warehouse))
    assert answer.code == 1
    assert "target: value of v" in answer.said
