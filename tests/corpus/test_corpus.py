"""Every case of the corpus: the command line, and what must come out of it.

A case is a folder with `case.json` and the files in `in/`. In `case.json` stand:

- `holds`: what the case shows, one sentence;
- `run`: options of the command line beside the folder, the output and the table; `code`: the exit code;
- `rows`: the records of the export, in order; left out where nothing is exported;
- `rejects`: code, path, line, row, column, text of what was kept (the rejects of a load, the problems of a failed one);
- `words`: pieces of what is said on either stream;
- `make`: files that are made because they are large or binary (see `made`);
- `more_rows`: the records are `rows` and so many others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sources.packed import packed, zipped
from trouble.home import Home

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/case.json"))


def made(recipe: dict[str, Any]) -> bytes:
    """The bytes of a recipe.

    `parts` are texts, or a text and how often it is repeated, in `encoding`; then `hex` is added; `packed` is the
    extension of a compression; `zip` names other recipes in one zip; `cut` bytes are taken off the end.
    """
    data = b"".join(
        (part if isinstance(part, str) else part[0] * part[1]).encode(recipe.get("encoding", "utf-8"))
        for part in recipe.get("parts", ()))
    data += bytes.fromhex(recipe.get("hex", ""))
    if "zip" in recipe:
        data = zipped({name: made(inside) for name, inside in recipe["zip"].items()})
    if "packed" in recipe:
        data = packed(data, recipe["packed"])
    data += bytes.fromhex(recipe.get("behind", ""))
    return data[: len(data) - recipe.get("cut", 0)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home as the current folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("in").mkdir()
    return Home(folder)


def test_there_are_cases() -> None:
    """The corpus is found."""
    assert len(CASES) >= 60


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_a_case(home: Home, folder: Path) -> None:
    """What comes out is what the case says, and once more is the same."""
    case = json.loads((folder / "case.json").read_text("utf-8"))
    home.put({path.relative_to(folder / "in").as_posix(): path.read_bytes()
              for path in (folder / "in").rglob("*") if path.is_file()})
    home.put({name: made(recipe) for name, recipe in case.get("make", {}).items()})
    answer = home.run(*case.get("run", ()))
    assert answer.code == case.get("code", 0), answer.said
    assert "Traceback" not in answer.said
    for words in case.get("words", ()):
        assert words in answer.said
    if "rejects" in case:
        kept = home.rejects("problem" if answer.code else "reject")
        assert [list(row[: len(case["rejects"][0])] if case["rejects"] else row) for row in kept] == case["rejects"]
    if answer.code:
        assert not home.output.exists()
        return
    rows = home.exported()
    assert rows[: len(case["rows"])] == case["rows"]
    assert len(rows) == len(case["rows"]) + case.get("more_rows", 0)
