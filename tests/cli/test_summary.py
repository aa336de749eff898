"""What a person sees of a load: the closing line alone on standard output, everything else beside it."""

from __future__ import annotations

import json

import pytest

from cli.stand_in import Etl, Library, books, load
from etl.cli.printable import cells, elide, printable
from etl.cli.summary import file_table, summary
from etl.errors import Problem
from etl.result import TargetColumn

HOSTILE = "\x1b[31mred\x1b[0m\r\n[bold]x[/bold]\x9b2J\u202etxt.csv"


def test_standard_output_is_the_closing_line_alone(etl: Etl, library: Library) -> None:
    """The line of the README, in its words for any number; what else is said goes to standard error."""
    library.answer = load(books("a.csv", 3), books("b.csv", 2))
    answer = etl("run")
    assert (answer.code, answer.out) == (0, "ETL complete: 5 records from 2 files\n")
    assert "b.csv" in answer.err
    assert "Output:    data/etl_output.json" in answer.err
    assert "Warehouse: data/etl_output.duckdb" in answer.err
    assert "5 rows read in 0.50 s: 10 rows per second." in answer.err
    library.answer = load(books("a.csv", 1))
    assert etl("run").out == "ETL complete: 1 records from 1 files\n"


def test_quiet_is_only_the_line(etl: Etl, library: Library) -> None:
    """No summary, no warnings."""
    library.answer = load(books("a.csv"), warnings=(Problem("empty", "0 bytes", path="b.csv"),))
    answer = etl("run", "--quiet")
    assert (answer.out, answer.err) == ("ETL complete: 3 records from 1 files\n", "")


def test_json_is_one_document_of_the_load(etl: Etl, library: Library) -> None:
    """All of the load, in place of the closing line; the summary stays on standard error."""
    library.answer = load(books("a.csv"), warnings=(Problem("empty", HOSTILE, path="\udcff.csv"),))
    answer = etl("run", "--json")
    document = json.loads(answer.out)
    assert document["files"][0]["path"] == "a.csv"
    assert document["target"]["after"] == 3
    assert document["warnings"][0]["message"] == HOSTILE
    assert document["warnings"][0]["path"] == "\udcff.csv"
    assert answer.out[:-1].isprintable()
    assert "ETL complete" not in answer.out
    assert "a.csv" in answer.err


def test_an_export_to_standard_output_has_it_for_itself(etl: Etl, library: Library) -> None:
    """With --output - the exported bytes are all of standard output, and the line goes to standard error."""

    def run(*_positional: object, **named: object) -> object:
        named["standard_output"].write(b'[{"a": 1}]\n')  # type: ignore[attr-defined]
        return load(books("a.csv"), output="-")

    library.answer = run
    answer = etl("run", "--output", "-")
    assert answer.out == '[{"a": 1}]\n'
    assert "ETL complete: 3 records from 1 files" in answer.err
    assert "Output:    standard output" in answer.err


def test_a_plan_is_the_result_itself(etl: Etl, library: Library) -> None:
    """Its sentence and its table are on standard output, and nothing claims that something was done."""
    library.answer = load(books("a.csv"), status="planned", load_id=None)
    answer = etl("plan")
    first, *rest = answer.out.splitlines()
    assert first == ("Plan: the target would have 3 records from 1 file (1 new, 0 changed, 0 gone, 0 as loaded). "
                     "Nothing was done.")
    assert any(line.startswith("a.csv") for line in rest)
    assert "ETL complete" not in answer.out
    assert answer.err == ""
    library.answer = load(status="nothing new", records=3, versions=1, unchanged=1)
    assert etl("plan", "--quiet").out == "Plan: nothing to do; the target has 3 records from 1 file.\n"


def test_nothing_new_says_so() -> None:
    """A run that had nothing to do says that in a sentence, without a table."""
    lines = list(summary(load(status="nothing new", records=5, versions=2, unchanged=2), 80))
    assert lines[0] == "Nothing new: 2 files as loaded before; the target is as it was."
    assert not [line for line in lines if line.startswith("total")]


def test_twenty_largest_files_and_the_rest_as_one_line() -> None:
    """Of ten thousand files the twenty with the most rows are named, in their order; the sums are of all."""
    files = tuple(books(f"{number:05}.csv", read=100 + number % 7919) for number in range(10_000))
    lines = list(file_table(files, 80))
    assert len(lines) == 1 + 20 + 1 + 1
    assert [line.split()[0] for line in lines[1:21]] == [f"{number:05}.csv" for number in range(7899, 7919)]
    rest = sum(file.read for file in files) - sum(100 + number for number in range(7899, 7919))
    assert lines[21].startswith("... and 9,980 more files ")
    assert f"{rest:,}" in lines[21]
    assert lines[22].startswith("total of 10,000 files ")
    assert f"{sum(file.read for file in files):,}" in lines[22]


def test_twenty_files_are_all_named() -> None:
    """The line for the rest stands only where there is a rest."""
    lines = list(file_table(tuple(books(f"{number:02}.csv") for number in range(20)), 80))
    assert len(lines) == 22
    assert not [line for line in lines if "more file" in line]


def test_what_is_zero_for_every_file_takes_no_column() -> None:
    """read, rejected and inserted always stand; the other verdicts where there are any."""
    assert next(iter(file_table((books("a.csv"),), 80))).split() == ["file", "read", "rejected", "inserted"]
    heading = next(iter(file_table((books("a.csv"), books("b.csv", updated=1, duplicate=1)), 80)))
    assert heading.split() == ["file", "read", "rejected", "inserted", "updated", "duplicate"]


@pytest.mark.parametrize("name", ["a.csv", "x" * 300 + ".csv", "\u6f22" * 300, HOSTILE * 9, "e\u0301" * 200])
@pytest.mark.parametrize("rows", [1, 12_345_678])
def test_the_table_holds_in_80_columns(name: str, rows: int) -> None:
    """Long, wide, combining and hostile names, and large numbers in every column, do not break the table."""
    verdicts = dict.fromkeys(("rejected", "updated", "unchanged", "superseded", "duplicate"), rows)
    for line in file_table((books(name, read=9 * rows, **verdicts), books("b.csv")), 80):
        assert cells(line) <= 80
        assert printable(line) == line


@pytest.mark.parametrize(("text", "said"), [
    ("a\udcff.csv", r"a\xff.csv"), ("\udc80", r"\x80"), ("\ud800", r"\ud800"), ("\x1b[2J", r"\x1b[2J"),
    ("a\nb", r"a\nb"), ("é漢", "é漢"),
])
def test_what_cannot_be_printed_is_spelt_out(text: str, said: str) -> None:
    """A byte of a name that is no text is spelt as that byte, every other character by its number."""
    assert printable(text) == said


def test_hostile_names_are_spelt_out(etl: Etl, library: Library) -> None:
    """No escape sequence of a file's name, a cell or a definition reaches the terminal, and no markup is obeyed."""
    problem = Problem("kind", f"a reason with {HOSTILE}", path=HOSTILE, line=3, column=HOSTILE, text=HOSTILE)
    library.answer = load(books(HOSTILE), gone=(HOSTILE,), stale=(HOSTILE,), skipped=(HOSTILE,), warnings=(problem,),
                          rejects=(problem,), changes=(HOSTILE,), output=HOSTILE, warehouse=HOSTILE, dataset=HOSTILE,
                          columns=(TargetColumn("a", "VARCHAR", HOSTILE), TargetColumn(HOSTILE, "BIGINT")))
    answer = etl("run")
    assert all(line.isprintable() for line in answer.err.splitlines())
    assert r"\x1b[31mred\x1b[0m\r\n[bold]x[/bold]\x9b2J\u202etxt.csv" in answer.err


def test_everything_that_deserves_a_word_gets_one() -> None:
    """What left, is stale, was skipped or not taken, text columns with their reason, changes and rejects."""
    made = load(books("a.csv", 28, rejected=25), gone=("g.csv",), stale=("s.csv",), skipped=("k.csv",), not_taken=2,
                columns=(TargetColumn("amount", "VARCHAR", "orders_17.csv:904 = 'N/A'"), TargetColumn("id", "BIGINT")),
                changes=("key was id and is now id, day",), warehouse="my sales.duckdb", load_id=7,
                rejects=tuple(Problem("null_key", "the key is NULL", path="a.csv", line=n) for n in range(25)))
    text = "\n".join(summary(made, 80))
    assert "1 file gone, so their rows left the target:\n  g.csv" in text
    assert "1 file STALE: changed, but with problems, so the version loaded before stays:\n  s.csv" in text
    assert "1 file left out, with problems:\n  k.csv" in text
    assert "2 files not taken: hidden, left out, or of no known extension." in text
    assert "amount is VARCHAR because orders_17.csv:904 = 'N/A'" in text
    assert "id is BIGINT" not in text
    assert "Definition: key was id and is now id, day" in text
    assert "25 records rejected:\n  a.csv:0: the key is NULL" in text
    assert "  ... and 5 more: etl rejects --load 7 --warehouse 'my sales.duckdb'" in text


def test_the_first_twenty_warnings_are_shown(etl: Etl, library: Library) -> None:
    """A thousand warnings do not bury the summary."""
    library.answer = load(books("a.csv"), warnings=tuple(Problem("w", f"warning {n}") for n in range(1000)))
    err = etl("run").err
    assert "1,000 warnings:" in err
    assert "  warning 19\n  ... and 980 more; --json lists them all\n" in err


def test_a_name_is_cut_in_its_middle() -> None:
    """Its end stays, which is where dates and extensions stand."""
    assert cells(elide("\u6f22\u5b57" * 40, 21)) <= 21
    assert elide("customers_of_the_north_2024_02.csv", 20).endswith("2024_02.csv")
    assert elide("short.csv", 20) == "short.csv"
