"""Arguments in: what each option states, and what is refused before anything is touched."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from cli.stand_in import Etl, Library, books, load
from etl.cli.commands import root
from etl.config import Dataset, Settings

COMMANDS = ["run", "plan", "apply", "unload", "reload", "rollback", "prune", "inspect", "status", "history", "rejects",
            "why", "verify", "sql", "export", "report", "shell"]
EVERY_OPTION = [
    "a.csv", "b", "--source-dir", "d", "--output", "o.json", "--strategy", "update", "--key", "a,b", "--order-by",
    "c", "--warehouse", "w.duckdb", "--table", "t", "--on-error", "reject_row", "--max-rejects", "1.5%",
    "--max-conflicts", "3",
    "--schema-contract", "freeze", "--column", "x=INTEGER", "--column", "y=DATE:%d=%m", "--no-trim", "--names",
    "keep", "--lineage", "--delimiter", ";", "--quote", "'", "--escape", "\\", "--encoding", "latin-1",
    "--no-header", "--skip-rows", "2", "--null", "NA", "--null", "-", "--ragged", "pad", "--max-cell-lines", "7",
    "--include", "*.csv", "--exclude", "x/*", "--move-root", "--strict", "--temp-dir", "tmp", "--memory-limit",
    "512MiB", "--threads", "2", "--lock-timeout", "0.5", "--progress", "none", "--quiet",
]


def test_options_left_out_are_not_stated(etl: Etl, library: Library) -> None:
    """A bare run states nothing: the library has the defaults and the stored values."""
    library.answer = load(books("a.csv"))
    assert etl("run").code == 0
    [(_, (dataset, warehouse, settings), named)] = library.calls
    assert (dataset, warehouse, settings) == (Dataset(), None, Settings())
    assert (named["plan"], named["standard_output"]) == (False, None)


def test_every_option_reaches_the_library(etl: Etl, library: Library) -> None:
    """Each option of run arrives in its field of Dataset or Settings, and plan takes them all."""
    library.answer = load(books("a.csv"))
    for command in ("run", "plan"):
        assert etl(command, *EVERY_OPTION).code == 0
    for (_, (dataset, warehouse, settings), named), planned in zip(library.calls, (False, True), strict=True):
        assert dataset == Dataset(
            sources=("a.csv", "b"), source_dir="d", include=("*.csv",), exclude=("x/*",), output="o.json", lineage=True,
            table="t", strategy="update", key=("a", "b"), order_by="c", names="keep", trim=False, nulls=("NA", "-"),
            columns=(("x", "INTEGER"), ("y", "DATE:%d=%m")), schema_contract="freeze", delimiter=";", quote="'",
            escape="\\", encoding="latin-1", header=False, skip_rows=2, ragged="pad", max_cell_lines=7, move_root=True)
        assert warehouse == Path("w.duckdb")
        assert settings == Settings(on_error="reject_row", max_rejects="1.5%", max_conflicts=3, strict=True,
                                    temp_dir=Path("tmp"), memory_limit="512MiB", threads=2, lock_timeout=0.5)
        assert named["plan"] is planned


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--max-rejects", "many"], "neither a number of records, like 100, nor a percentage"),
    (["--max-rejects", "-1"], "neither a number"),
    (["--max-rejects", "101%"], "more than all records"),
    (["--key", "a,,b"], "empty column name"),
    (["--key", ""], "empty column name"),
    (["--key", "a,A"], "names a column twice"),
    (["--strategy", "update"], "needs --key"),
    (["--strategy", "deduplicate"], "needs --key"),
    (["--strategy", "upsert"], "'upsert' is not one of"),
    (["--delimiter", ";;"], "is not one character"),
    (["--delimiter", ""], "is not one character"),
    (["--quote", "\n"], "ends a line"),
    (["--column", "amount"], "is not NAME=TYPE"),
    (["--column", "=INTEGER"], "is not NAME=TYPE"),
    (["--column", "a=DATE", "--column", "A=DATE"], "twice"),
    (["--memory-limit", "lots"], "is no size"),
    (["--lock-timeout", "nan"], "is no number of seconds"),
    (["--threads", "0"], "x>=1"),
    (["--skip-rows", "-1"], "x>=0"),
    (["--max-cell-lines", "0"], "x>=1"),
    (["--json", "--output", "-"], "both want standard output"),
    (["--output", ""], "it is empty"),
    ([""], "it is empty"),
    (["--nonsense"], "No such option"),
])
def test_a_wrong_flag_is_a_sentence_and_exit_2(etl: Etl, library: Library, arguments: list[str], sentence: str) -> None:
    """A mistake in the command line never reaches the library, and is never a traceback."""
    for command in ("run", "plan"):
        answer = etl(command, *arguments)
        assert (answer.code, answer.out, library.calls) == (2, "", [])
        assert answer.err.startswith("Error: ")
        assert sentence in answer.err


def test_a_keyed_strategy_in_an_accumulating_warehouse_is_left_to_the_library(etl: Etl, library: Library) -> None:
    """The key may be stored in the warehouse, so the command line does not ask for it."""
    library.answer = load(books("a.csv"))
    assert etl("run", "--strategy", "update", "--warehouse", "w.duckdb").code == 0


@pytest.mark.parametrize(("spelt", "character"), [("tab", "\t"), (r"\t", "\t"), ("\t", "\t"), ("|", "|")])
def test_a_tab_can_be_spelt(etl: Etl, library: Library, spelt: str, character: str) -> None:
    """A shell does not type a tab easily."""
    library.answer = load(books("a.csv"))
    assert etl("run", "--delimiter", spelt).code == 0
    assert library.calls[0][1][0].delimiter == character


def test_a_stored_flag_can_be_taken_back(etl: Etl, library: Library) -> None:
    """What --no-trim, --no-header and --lineage stored, their opposites change."""
    library.answer = load(books("a.csv"))
    assert etl("run", "--trim", "--header", "--no-lineage").code == 0
    dataset = library.calls[0][1][0]
    assert (dataset.trim, dataset.header, dataset.lineage) == (True, True, False)


def test_help_lists_exactly_the_commands_that_there_are(etl: Etl) -> None:
    """The commands of this version, in their order, and none of a later one."""
    answer = etl("--help")
    assert answer.code == 0
    assert re.findall(r"^  (\w+) {2,}[A-Z]", answer.out.split("Commands:")[1], re.MULTILINE) == COMMANDS
    assert list(root.commands) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_speaks_only_of_what_is_there(etl: Etl, command: str) -> None:
    """Each option is listed with a sentence, and exit codes are explained."""
    answer = etl(command, "--help")
    assert answer.code == 0
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    for code in ("0 ", "1 ", "2 ", "3 ", "130 "):
        assert f"\n    {code}" in answer.out
    for param in root.commands[command].params:
        if isinstance(param, click.Option):
            assert param.opts[0] in answer.out
            assert (param.help or "").endswith(".")


def test_without_a_command_help_is_shown(etl: Etl) -> None:
    """A bare `etl` is a usage error that shows what can be done."""
    answer = etl()
    assert answer.code == 2
    assert "Commands:" in answer.err
