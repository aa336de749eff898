"""`etl.toml`: what its words come to, what is refused before anything is run, and how its datasets are run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from trouble.home import Home

from cli.stand_in import Etl, Library, books, load
from etl.config import Dataset, Settings
from etl.errors import EtlError, LoadFailed

WHOLE = """
warehouse = "w.duckdb"
threads = 2
memory_limit = "1GB"

[dataset.People]
sources = ["in/*.csv", "more.csv"]
source_dir = "in"
include = "*.csv"
exclude = ["x/*", "y/*"]
output = "out/p.json"
lineage = true
strategy = "update"
key = ["id", "of, place"]
order_by = "at"
names = "keep"
trim = false
null = ["NA", "-"]
column = {amount = "DECIMAL(12,2)", day = "DATE %d.%m.%Y"}
schema_contract = "freeze"
delimiter = "tab"
quote = ""
escape = '\\'
encoding = "cp1252"
header = false
skip_rows = 2
ragged = "pad"
max_cell_lines = 7
format = "csv"
sheet = "s"
on_error = "reject_row"
max_rejects = 5
max_conflicts = 3
strict = true

[dataset.visits]
key = "a,b"
"""
SMALL = 'warehouse = "w.duckdb"\n[dataset.a]\nsource_dir = "in"\n[dataset.b]\nsource_dir = "in"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, path: str = "etl.toml") -> None:
    """The file."""
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def test_every_word_reaches_the_library(etl: Etl, library: Library) -> None:
    """Each word of the options arrives in its field; what is left out is the default of a whole definition."""
    write(WHOLE)
    library.answer = load(books("a.csv"))
    assert etl("run", "--config", "etl.toml", "--threads", "1", "--quiet").out.count("ETL complete") == 2
    (_, (people, warehouse, settings), _), (_, (visits, _, plain), _) = library.calls
    assert people == Dataset(
        sources=("in/*.csv", "more.csv"), source_dir="in", include=("*.csv",), exclude=("x/*", "y/*"),
        output="out/p.json", lineage=True, table="people", strategy="update", key=("id", "of, place"), order_by="at",
        names="keep", trim=False, nulls=("NA", "-"), columns=(("amount", "DECIMAL(12,2)"), ("day", "DATE %d.%m.%Y")),
        schema_contract="freeze", delimiter="\t", quote="", escape="\\", encoding="cp1252", header=False, skip_rows=2,
        ragged="pad", max_cell_lines=7, format="csv", sheet="s", whole=True)
    assert visits == Dataset(table="visits", source_dir=".", key=("a", "b"), whole=True)
    assert warehouse == Path("w.duckdb")
    assert settings == Settings("reject_row", "5", 3, strict=True, memory_limit="1GB", threads=1)
    assert plain == Settings(memory_limit="1GB", threads=1)


def test_paths_are_relative_to_the_file(etl: Etl, library: Library) -> None:
    """From another folder: sources, globs, output and warehouse are those beside the file; its folder is no glob."""
    write('warehouse = "w.duckdb"\ntemp_dir = "."\n[dataset.a]\nsources = ["x/*.csv", "b.csv"]\noutput = "o.json"\n',
          "conf[1]/etl.toml")
    library.answer = load(books("a.csv"))
    assert etl("plan", "--config", "conf[1]/etl.toml").code == 0
    [(_, (dataset, warehouse, settings), named)] = library.calls
    assert dataset.sources == ("conf[[]1]/x/*.csv", "conf[1]/b.csv")
    assert (dataset.source_dir, dataset.output, warehouse, settings.temp_dir, named["plan"]) == (
        "conf[1]", "conf[1]/o.json", Path("conf[1]/w.duckdb"), Path("conf[1]"), True)


def test_the_named_datasets_are_run_in_the_order_of_the_file(etl: Etl, library: Library) -> None:
    """One after the other, each with its closing line; a name matches in any case."""
    write(SMALL + '[dataset.c]\nsource_dir = "in"\n')
    library.answer = load(books("a.csv"))
    answer = etl("run", "--config", "etl.toml", "C", "a", "--json")
    assert (answer.code, answer.out.count('"status": "loaded"'), len(answer.out.splitlines())) == (0, 2, 2)
    assert [positional[0].table for _, positional, _ in library.calls] == ["a", "c"]
    assert [line for line in answer.err.splitlines() if line.startswith("[")] == ["[dataset.a]", "[dataset.c]"]


@pytest.mark.parametrize(("of_a", "code"), [(LoadFailed("a failed.", ()), 1), (EtlError("a is wrong."), 1)])
def test_one_that_fails_does_not_keep_the_others(etl: Etl, library: Library, of_a: EtlError, code: int) -> None:
    """The others are run, and the exit code is the worst."""
    def answered(dataset: Dataset, *_: object, **__: object) -> object:
        if dataset.table == "a":
            raise of_a
        return load(books("a.csv"))

    write(SMALL)
    library.answer = answered
    answer = etl("run", "--config", "etl.toml")
    assert (answer.code, len(library.calls), answer.out.count("ETL complete")) == (code, 2, 1)
    assert str(of_a) in answer.err


@pytest.mark.parametrize(("text", "said"), [
    ("[dataset.a", "etl.toml is not TOML: "),
    ("[dataset.a]\n[dataset.a]\n", "etl.toml is not TOML: "),
    ("warehouse = 1\n[dataset.a]\n", "etl.toml, the top: warehouse is wrong: it is a text, not '1'."),
    ("outputs = 1\n[dataset.a]\n", "etl.toml, the top: there is no word outputs. There are: warehouse, threads, "),
    ('warehouse = "w"\n', "etl.toml has no dataset."),
    ('warehouse = "w"\ndataset = 3\n', "etl.toml has no dataset."),
    ("[dataset]\na = 3\n", "etl.toml, [dataset.a]: a dataset is to be a table, and is '3'."),
    ('[dataset.a]\nstrateggy = "append"\n', "etl.toml, [dataset.a]: there is no word strateggy. Is strategy meant?"),
    ('[dataset.a]\ntable = "t"\n', "there is no word table. The name of the entry is that of the table."),
    ("[dataset.a]\nthreads = 1\n", "etl.toml, [dataset.a]: there is no word threads."),
    ('[dataset.a]\nreset = "null"\n', "etl.toml, [dataset.a]: there is no word reset."),
    ('[dataset.a]\nstrategy = "upsert"\n', "etl.toml, [dataset.a]: strategy is wrong: 'upsert' is not one of"),
    ('[dataset.a]\ntrim = "no"\n', "etl.toml, [dataset.a]: trim is wrong: it is true or false, not 'no'."),
    ("[dataset.a]\nskip_rows = true\n", "skip_rows is wrong: it is a whole number, not 'true'."),
    ("[dataset.a]\nskip_rows = -1\n", "skip_rows is wrong: "),
    ("[dataset.a]\nnull = 7\n", "null is wrong: it is a text or a list of texts, not '7'."),
    ("[dataset.a]\nnull = [7]\n", "null is wrong: it is a text or a list of texts, not '[7]'."),
    ("[dataset.a]\nkey = []\n", "key is wrong: it has an empty column name, or none."),
    ('[dataset.a]\nkey = ["a", "A"]\n', "key is wrong: it names a column twice."),
    ('[dataset.a]\nkey = "a,,b"\n', "key is wrong: 'a,,b' has an empty column name"),
    ('[dataset.a]\ncolumn = "x=DATE"\n', "column is wrong: it is a table of types by column"),
    ('[dataset.a]\nsources = [""]\n', "sources is wrong: a source is empty."),
    ('[dataset.a]\ndelimiter = ";;"\n', "delimiter is wrong: ';;' is not one character."),
    ("[dataset.a]\nmax_rejects = 1.5\n", "max_rejects is wrong: '1.5' is neither a number"),
    ('[dataset.a]\noutput = "-"\n', "[dataset.a]: output is a file; standard output is for a run without --config."),
    ('[dataset.a]\nsource_dir = "x"\n', "[dataset.a]: output is missing. Name one, or a warehouse at the top."),
    ('[dataset.a]\noutput="o.json"\nstrategy = "update"\n', "[dataset.a]: strategy update needs key"),
    ('[dataset.a]\noutput="o.json"\n[dataset.A]\noutput="p.json"\n', "[dataset.A]: the file has this table twice"),
    ('[dataset.a]\noutput="o.json"\n[dataset.b]\noutput="o.csv"\n', "[dataset.b]: output would write "),
    ('warehouse="w"\n[dataset.a]\noutput="o.json"\n[dataset.b]\noutput="o.json"\n', "[dataset.b]: output would write "),
])
def test_what_is_wrong_in_the_file_is_a_sentence(etl: Etl, library: Library, text: str, said: str) -> None:
    """It names the file, the table and the word, with exit code 2, before anything is run."""
    write(text)
    for command in ("run", "plan"):
        answer = etl(command, "--config", "etl.toml")
        assert (answer.code, answer.out, library.calls) == (2, "", [])
        assert said in answer.err


@pytest.mark.parametrize(("arguments", "said"), [
    (("--config", "etl.toml", "nope"), "etl.toml has no dataset nope. It has: a, b."),
    (("--config", "none.toml"), "none.toml cannot be read: No such file"),
    (("--config", "etl.toml", "--key", "id"), "--key cannot be given beside --config"),
    (("--config", "etl.toml", "--warehouse", "x"), "--warehouse cannot be given beside --config"),
    (("--config", "etl.toml", "--strict"), "--strict cannot be given beside --config"),
])
def test_what_is_wrong_on_the_command_line_is_a_sentence(etl: Etl, library: Library, arguments: tuple[str, ...],
                                                         said: str) -> None:
    """A dataset that the file has not, a file that is not there, and options that are the file's to state."""
    write(SMALL)
    answer = etl("run", *arguments)
    assert (answer.code, library.calls) == (2, [])
    assert said in answer.err


def test_a_file_that_is_not_utf_8_is_said(etl: Etl) -> None:
    """TOML is UTF-8."""
    Path("etl.toml").write_bytes(b'warehouse = "\xff"\n')
    assert "is not UTF-8, from byte 13 on" in etl("run", "--config", "etl.toml").err


def test_who_inspects_takes_the_warehouse_of_the_file(etl: Etl, library: Library) -> None:
    """That of `etl.toml` in the current folder, unless one is named; a file that says none leaves the usual one."""
    library.answer = ()
    write(SMALL)
    for arguments, warehouse in (((), "w.duckdb"), (("--warehouse", "x.duckdb"), "x.duckdb")):
        assert etl("status", *arguments).code == 0
        assert library.calls[-1][1][0] == Path(warehouse)
    write("[dataset.a]\n")
    assert etl("status").code == 0
    assert library.calls[-1][1][0] == Path("data/etl_output.duckdb")
    write("warehouse = [1]\n")
    answer = etl("status")
    assert (answer.code, "etl.toml, at the top: warehouse is to be a text" in answer.err) == (2, True)


def test_the_file_is_the_whole_definition(here: Path) -> None:
    """A word that is taken out goes back to its default, though the warehouse stores another; order and types too."""
    home = Home(here)
    (here / "in").mkdir()
    (here / "in/a.csv").write_text("id;x\n1;N/A\n1;2\n", encoding="utf-8")
    (here / "in/b.txt").write_text("id;x\n7;7\n", encoding="utf-8")
    head = 'warehouse = "w.duckdb"\n[dataset.t]\nsources = ["in/*"]\noutput = "o.json"\n'
    head += 'strategy = "update"\nkey = "id"\n'
    write(head + 'null = "N/A"\norder_by = "x"\ncolumn = {x = "DOUBLE"}\ndelimiter = ";"\nexclude = "*.txt"\n')
    assert home.etl("run", "--config", "etl.toml").code == 0
    assert json.loads((here / "o.json").read_bytes()) == [{"id": 1, "x": 2.0}]
    write(head.replace("update", "append").replace('key = "id"\n', ""))
    done = home.etl("run", "--config", "etl.toml")
    assert (done.code, "nulls was N/A and is now none" in done.error) == (0, True)
    stored = home.etl("sql", "SELECT definition, reading FROM etl.dataset", "--format", "csv").said
    assert '""order_by"": null' in stored
    assert '""columns"": []' in stored
    assert '""delimiter"": null' in stored
    assert "N/A" in (here / "o.json").read_text()
    assert "b.txt" in home.etl("status", "t").said


def test_a_fresh_file_follows_its_folders(here: Path) -> None:
    """Without a warehouse at the top each output has its own beside it, and what is gone leaves."""
    home = Home(here)
    for name in ("a", "b"):
        (here / name).mkdir()
        (here / name / "x.csv").write_text("id\n1\n", encoding="utf-8")
    write('[dataset.a]\nsource_dir = "a"\noutput = "a.json"\n[dataset.b]\nsource_dir = "b"\noutput = "b.json"\n')
    assert home.etl("run", "--config", "etl.toml").output == b"ETL complete: 1 records from 1 files\n" * 2
    (here / "a/y.csv").write_text("id\n2\n", encoding="utf-8")
    (here / "a/x.csv").unlink()
    assert home.etl("run", "--config", "etl.toml", "a").code == 0
    assert json.loads((here / "a.json").read_bytes()) == [{"id": 2}]
    assert {path.name for path in here.glob("*.duckdb")} == {"a.duckdb", "b.duckdb"}
