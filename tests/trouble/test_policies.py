"""What `--on-error`, `--max-rejects` and `--strict` let pass, at their bounds."""

from __future__ import annotations

import pytest

from trouble.home import Home

KEYED = ("--strategy", "update", "--key", "id")
ROWS = "id,v\n" + "".join(f"{at},x\n" for at in range(1, 9)) + "9\n,y\n"  # 10 records, 2 of them rejects


@pytest.mark.parametrize(("most", "code"), [
    ("0", 1), ("1", 1), ("2", 0), ("0%", 1), ("19.9%", 1), ("20%", 0), ("100%", 0),
])
def test_max_rejects_at_its_bound(home: Home, most: str, code: int) -> None:
    """As many rejects as stated pass, one more fails the load; a share is of the records read."""
    home.put({"a.csv": ROWS})
    plan = home.run(*KEYED, "--on-error", "reject_row", "--max-rejects", most, verb="plan")
    answer = home.run(*KEYED, "--on-error", "reject_row", "--max-rejects", most)
    assert plan.code == answer.code == code
    if code:
        assert f"2 of 10 records were rejected, more than --max-rejects {most} lets pass" in answer.error
        assert "a.csv:10: found 1 cell, expected 2" in answer.error
        assert "a.csv:11: " in answer.error
        assert "load with --on-error reject_row" not in answer.error  # it was
        assert not home.output.exists()
        assert [row[0] for row in home.rejects("problem")] == ["missing_columns", "null_key"]
    else:
        assert [row["id"] for row in home.exported()] == list(range(1, 9))


@pytest.mark.parametrize("most", ["-1", "1.5", "101%", "x", "", "%", "\u0663", "1e3", "nan", "inf%"])
def test_a_bound_that_is_none_is_refused(home: Home, most: str) -> None:
    """A `--max-rejects` that is neither a number nor a share is a usage error that says it, and nothing is made."""
    home.put({"a.csv": ROWS})
    answer = home.run(*KEYED, "--on-error", "reject_row", "--max-rejects", most)
    assert answer.code == 2
    assert "--max-rejects" in answer.error
    assert home.files() == frozenset()


def test_max_rejects_counts_what_is_read_now(home: Home) -> None:
    """Rejects that stand from an earlier load do not count again."""
    home.put({"a.csv": ROWS})
    words = (*KEYED, "--on-error", "reject_row", "--max-rejects", "2")
    assert home.run(*words).code == 0
    home.put({"b.csv": "id,v\n20,x\n21\n"})
    assert home.run(*words).code == 0
    home.put({"c.csv": "id,v\n30\n31\n32\n"})
    answer = home.run(*words)
    assert answer.code == 1
    assert "3 of 3 records were rejected" in answer.error


def test_a_second_run_after_a_failed_one(home: Home) -> None:
    """A failed load leaves nothing in the way: mended files load, and the export is that of a first load."""
    home.put({"a.csv": ROWS})
    assert home.run(*KEYED).code == 1
    home.put({"a.csv": "id,v\n1,x\n"})
    assert home.run(*KEYED).output == b"ETL complete: 1 records from 1 files\n"
    assert [status for _, status in home.loads()] == ["failed", "loaded"]
    assert home.etl("rejects", "--warehouse", str(home.warehouse), "--load", "1").code == 0


@pytest.mark.parametrize(("files", "words", "said"), [
    ({"a.csv": "id,v\n1,x\n", "b.csv": "id,v\n1,x\n"}, (), "b.csv: the file has the same content as a.csv"),
    ({"a.csv": "id,v,v\n1,x,y\n"}, (), "a.csv:1: a second column of this name is loaded as 'v_2'"),
    ({"a.csv": "id,\n1,x\n"}, (), "a.csv:1: a column without a name is loaded as 'column_2'"),
    ({"a.csv": "id,v\n1,-0.0\n"}, (), "a.csv: column v: -0.0 is loaded as 0.0"),
    ({"a.csv": "", "b.csv": "id,v\n1,x\n"}, (), "a.csv: the file has 0 bytes of text"),
    ({"a.csv": "id,v\n1,x\n"}, ("--strategy", "append"), "--key is not used by the strategy append"),
])
def test_strict_makes_every_warning_a_problem(
    home: Home, files: dict[str, str], words: tuple[str, ...], said: str,
) -> None:
    """A warning is said and the load goes on; with `--strict` the same sentence fails it, and its plan."""
    home.put(files)
    for verb in ("plan", "run"):
        answer = home.run(*KEYED, *words, "--strict", verb=verb)
        assert answer.code == 1, answer.error
        assert said in answer.error
        assert not home.output.exists()
    answer = home.run(*KEYED, *words)
    assert answer.code == 0
    assert said in answer.error
    assert "1 warning:" in answer.error


def test_reject_row_with_nothing_left(home: Home) -> None:
    """Where every record is a reject the table is empty, and that is said and balanced."""
    home.put({"a.csv": "id,v\n1\n2\n"})
    answer = home.run(*KEYED, "--on-error", "reject_row")
    assert answer.output == b"ETL complete: 0 records from 1 files\n"
    assert "2 records rejected:" in answer.error
    assert home.exported() == []


def test_rejects_are_shown_and_written(home: Home) -> None:
    """`etl rejects` shows file, line, column, text and reason, as a table and as files."""
    home.put({"a.csv": 'id,v\n1,x\n"  ",y\n2\n'})
    assert home.run(*KEYED, "--on-error", "reject_row").code == 0
    answer = home.etl("rejects", "--warehouse", str(home.warehouse))
    assert answer.code == 0
    for words in ("a.csv", "3", "id", "the key is NULL", "found 1 cell, expected 2"):
        assert words in answer.said
    for name in ("r.json", "r.csv"):
        assert home.etl("rejects", "--warehouse", str(home.warehouse), "--output", name).code == 0
    assert [(row["line"], row["row"]) for row in home.exported("r.json")] == [(3, 2), (4, 3)]
    answer = home.etl("rejects", "--warehouse", str(home.warehouse), "--load", "99")
    assert answer.code == 2
    assert "99" in answer.error
