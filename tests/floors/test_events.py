"""OpenLineage events of a load: what they say, where they go, and that they never decide over it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cli.stand_in import Answer, Etl

import etl
from etl import events
from etl.cli.door import execute
from etl.load import unload

needs_client = pytest.mark.skipif(not find_spec("openlineage"), reason="needs the openlineage extra")


@dataclass
class Collector:
    """An HTTP endpoint that takes events, or refuses them."""

    url: str
    refuses: bool = False
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of a person's own, and none that stays: the client writes into the environment too."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        del os.environ[name]
    os.environ["HOME"] = str(tmp_path)
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """It, on a port of this machine."""
    class Handler(BaseHTTPRequestHandler):
        """Takes what is posted."""

        def do_POST(self) -> None:
            """Keep an event."""
            found.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not found.refuses:
                found.taken.append(json.loads(body))
            self.send_response(403 if found.refuses else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def load(**words: Any) -> etl.Load:
    """A load of `in/` into a warehouse."""
    return etl.run(etl.Dataset(source_dir="in", table="t", **words), warehouse="w.duckdb",
                   settings=etl.Settings(on_error="reject_row"))


@needs_client
def test_a_load_announces_its_start_and_what_it_came_to(collector: Collector, tmp_path: Path) -> None:
    """Two events of one run and job: files with their records, the table with its columns, its output, row counts."""
    os.environ |= {"OPENLINEAGE_URL": collector.url, "OPENLINEAGE_NAMESPACE": "tests"}
    put("a.csv", "id,n\n1,x\n2,y\n")
    put("b.csv", "id,n\n3,z\n4\n")
    done = load(output="out.json")
    assert done.warnings == ()
    start, end = collector.taken
    assert [start["eventType"], end["eventType"]] == ["START", "COMPLETE"]
    assert start["run"]["runId"] == end["run"]["runId"]
    assert start["eventTime"] < end["eventTime"]
    for event in (start, end):
        assert (event["job"]["namespace"], event["job"]["name"]) == ("tests", "etl.t")
        assert [(output["namespace"], output["name"]) for output in event["outputs"]] == [
            (f"duckdb://{tmp_path}/w.duckdb", "main.t"), ("file", f"{tmp_path}/out.json")]
    assert start["inputs"] == []
    assert [(one["name"], one["inputFacets"]["inputStatistics"]["rowCount"]) for one in end["inputs"]] == [
        (f"{tmp_path}/in/{file.path}", file.read) for file in done.files] == [
        (f"{tmp_path}/in/a.csv", 2), (f"{tmp_path}/in/b.csv", 2)]
    for output in end["outputs"]:
        assert [(column["name"], column["type"], column.get("description"))
                for column in output["facets"]["schema"]["fields"]] == [
            (column.name, column.type, column.reason) for column in done.columns]
        assert output["outputFacets"]["outputStatistics"]["rowCount"] == done.records == 3
        assert output["facets"]["version"]["datasetVersion"] == str(done.load_id)


@needs_client
def test_a_load_that_fails_announces_that() -> None:
    """By the file transport: the second event is FAIL, with the sentence; a plan announces nothing."""
    os.environ |= {"OPENLINEAGE__TRANSPORT__TYPE": "file", "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": "events.ndjson",
                   "OPENLINEAGE__TRANSPORT__APPEND": "true"}
    put("a.csv", "id,n\n1\n")
    etl.run(etl.Dataset(source_dir="in", table="t"), warehouse="w.duckdb", plan=True,
            settings=etl.Settings(on_error="reject_row"))
    assert not Path("events.ndjson").exists()
    with pytest.raises(etl.LoadFailed) as failure:
        etl.run(etl.Dataset(source_dir="in", table="t"), warehouse="w.duckdb")
    found = [json.loads(line) for line in Path("events.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [event["eventType"] for event in found] == ["START", "FAIL"]
    assert found[1]["run"]["facets"]["errorMessage"]["message"] == str(failure.value)
    assert found[1]["outputs"][0]["facets"] == {}


@needs_client
def test_an_endpoint_that_refuses_fails_no_load(collector: Collector) -> None:
    """The load is done, with one warning of its own; who refused the first event is not asked again."""
    os.environ["OPENLINEAGE_URL"] = collector.url
    collector.refuses = True
    put("a.csv", "id\n1\n")
    done = load()
    assert (done.status, done.records, collector.asked) == ("loaded", 1, 1)
    (warning,) = done.warnings
    assert warning.code == "event_not_sent"
    assert "403" in warning.message


@needs_client
def test_a_transport_that_only_logs_its_trouble_is_heard() -> None:
    """One of several transports that fails is a warning too, though the client only logs it."""
    os.environ["OPENLINEAGE__TRANSPORT"] = json.dumps({"type": "composite", "transports": {
        "one": {"type": "file", "log_file_path": "no/such/folder/e"}}})
    put("a.csv", "id\n1\n")
    done = load()
    assert done.status == "loaded"
    assert [warning.code for warning in done.warnings] == ["event_not_sent"]


@needs_client
def test_settings_that_make_no_sense_fail_no_load() -> None:
    """A transport that does not exist is a warning."""
    os.environ["OPENLINEAGE__TRANSPORT__TYPE"] = "pigeon"
    put("a.csv", "id\n1\n")
    assert [warning.code for warning in load().warnings] == ["event_not_sent"]


def test_a_client_that_is_not_installed_fails_no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning says how to get it."""
    monkeypatch.setitem(sys.modules, "openlineage", None)
    os.environ["OPENLINEAGE_URL"] = "http://127.0.0.1:9"
    put("a.csv", "id\n1\n")
    done = load()
    assert done.status == "loaded"
    assert "pip install 'etl[openlineage]'" in done.warnings[0].message


def test_a_load_that_fails_says_what_could_not_be_sent(etl_here: Etl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its problems, in the command line."""
    monkeypatch.setitem(sys.modules, "openlineage", None)
    os.environ["OPENLINEAGE_URL"] = "http://127.0.0.1:9"
    put("a.csv", "id,n\n1\n")
    answer = etl_here("run", "--source-dir", "in", "--progress", "none")
    assert answer.code == 1
    assert "1 problem in 1 file" in answer.err
    assert "the OpenLineage event could not be sent" in answer.err


@pytest.fixture
def etl_here(capsys: pytest.CaptureFixture[str]) -> Etl:
    """Run one command line in this process."""
    def run(*arguments: str) -> Answer:
        code = execute(arguments)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


def test_nothing_is_sent_or_imported_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting, and with events switched off."""
    monkeypatch.setattr(events, "_emit", None)
    put("a.csv", "id\n1\n")
    assert load().warnings == ()
    os.environ |= {"OPENLINEAGE_URL": "http://127.0.0.1:9", "OPENLINEAGE_DISABLED": "true"}
    assert not events.configured()
    del os.environ["OPENLINEAGE_DISABLED"]
    assert events.configured()
    del os.environ["OPENLINEAGE_URL"]
    assert not events.configured()
    Path("openlineage.yml").write_text("transport: {type: console}\n", encoding="utf-8")
    assert events.configured()


@needs_client
def test_a_change_of_state_announces_itself_too(collector: Collector) -> None:
    """An unloaded file leaves the table with fewer records, and that is told."""
    put("a.csv", "id\n1\n2\n")
    put("b.csv", "id\n3\n")
    load()
    os.environ["OPENLINEAGE_URL"] = collector.url
    unload(Path("w.duckdb"), "t", ["a.csv"], plan=True)
    unload(Path("w.duckdb"), "t", ["a.csv"])
    assert [event["eventType"] for event in collector.taken] == ["START", "COMPLETE"]
    (table,) = collector.taken[1]["outputs"]
    assert table["outputFacets"]["outputStatistics"]["rowCount"] == 1


@needs_client
def test_of_very_many_files_their_folder_speaks(collector: Collector, tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """One input with the number of files and all their records."""
    monkeypatch.setattr(events, "MOST_INPUTS", 2)
    os.environ["OPENLINEAGE_URL"] = collector.url
    for name in "abc":
        put(f"{name}.csv", "id\n1\n2\n")
    load()
    (only,) = collector.taken[1]["inputs"]
    assert only["name"] == f"{tmp_path}/in"
    counts = only["inputFacets"]["inputStatistics"]
    assert (counts["rowCount"], counts["fileCount"]) == (6, 3)
