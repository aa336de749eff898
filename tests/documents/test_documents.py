"""What the documents say is so: their commands run, print what stands below them, and name options that exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from etl.cli.commands import root

HOUSE = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "notes.md")

BLOCK = re.compile(r"^```sh\n(.*?)^```$(?:\n*^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
SET_UP = "-m venv"  # commands that make an environment; tests/house runs those
OF_OTHERS = {"--version"}


@dataclass(frozen=True)
class Example:
    """Commands in a document, and what it says that they print."""

    commands: str
    printed: str


def text_of(document: str) -> str:
    """A document's text."""
    path = HOUSE / document
    if not path.exists():
        pytest.skip(f"there is no {document}")
    return path.read_text(encoding="utf-8")


def examples(text: str) -> list[Example]:
    """The commands of a document in their order, without those that set up an environment."""
    return [Example(commands, printed) for commands, printed in BLOCK.findall(text) if SET_UP not in commands]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the sample and the doors to the program, by every name that a document may call them."""
    folder = tmp_path / "checkout"
    shutil.copytree(HOUSE / "data", folder / "data", ignore=shutil.ignore_patterns("etl_output*"))
    shutil.copy(HOUSE / "project.py", folder)
    for place in (tmp_path / "bin", folder / ".venv/bin"):
        place.mkdir(parents=True)
        for name, arguments in (("etl", "-m etl "), ("python", ""), ("python3", "")):
            (place / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n', encoding="utf-8")
            (place / name).chmod(0o755)
    return folder


def untrue(found: list[Example], checkout: Path) -> list[str]:
    """Run examples one after the other in one folder: what they say that is not so."""
    environment = os.environ | {"PATH": f"{checkout.parent / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(HOUSE),
                                "COLUMNS": "120", "NO_COLOR": "1"}
    wrong = []
    for example in found:
        done = subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", example.commands], cwd=checkout, env=environment,
                              capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
        if done.returncode != 0:
            wrong.append(f"{example.commands}exit {done.returncode}\n{done.stderr}")
        wrong += [f"{example.commands}does not print: {line}" for line in example.printed.splitlines()
                  if line.strip() not in (*said, "", "...")]
    return wrong


def commands_of(group: click.Group) -> dict[str, set[str]]:
    """Every command with the options that its help lists."""
    listed = {}
    for name, command in group.commands.items():
        with click.Context(command, info_name=name, parent=click.Context(group, info_name="etl"), terminal_width=4000,
                           max_content_width=4000) as context:
            listed[name] = set(OPTION.findall(command.get_help(context)))
    return listed


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_do_what_the_document_says(document: str, checkout: Path) -> None:
    """Each command ends well, in the order of the document, and prints every line that stands below it."""
    assert untrue(examples(text_of(document)), checkout) == []


def test_a_document_that_is_wrong_is_found_out(checkout: Path) -> None:
    """A made-up document is read as a reader would: its true example passes, its false ones are named."""
    load, wrong = "python -m etl run --strategy update --key id --quiet\n", ".venv/bin/etl no-such-command\n"
    text = ("# T\n\n```sh\npython3 -m venv x\n```\n\n"
            f"```sh\n{load}```\n\n```text\n...\nETL complete: 5 records from 2 files\nnot said\n```\n\n"
            f"```sh\n{wrong}```\n\nIt prints\n\n```text\nnot read\n```\n\n")
    found = examples(text)
    assert [(each.commands, each.printed.count("\n")) for each in found] == [(load, 3), (wrong, 0)]
    assert [each.splitlines()[:2] for each in untrue(found, checkout)] == [
        [load.strip(), "does not print: not said"], [wrong.strip(), "exit 2"]]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_that_is_named_exists(document: str) -> None:
    """An option that a document names is listed by the help of a command."""
    known = set().union(*commands_of(root).values())
    listed, alone = commands_of(root), {"--save", "--emit-sql"}
    assert {"--source-dir", "--no-trim", "--lineage"} <= listed["run"] - alone == listed["plan"] - alone
    assert set(OPTION.findall(text_of(document))) - known - OF_OTHERS == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_stands_with_a_command_that_has_it(document: str) -> None:
    """Where a document spells out a command line, the command and each of its options exist."""
    listed, text = commands_of(root), text_of(document)
    spelled = re.findall(r"`(etl [a-z][^`\n]*)`", text)
    spelled += [line for example in BLOCK.findall(text) for line in re.split(r"[\n|;&]", example[0])]
    for line in spelled:
        found = re.search(r"(?:^|\s|/)etl ([a-z]+)(.*)", line.replace("project.py", "-m etl run"))
        if found:
            assert found[1] in listed, line
            assert set(OPTION.findall(found[2])) <= listed[found[1]], line


def test_the_set_up_of_the_readme_stands_first() -> None:
    """The first two commands make an environment and run in it: the load of the sample, and the tests."""
    first, second = [commands for commands, _ in BLOCK.findall(text_of("README.md"))][:2]
    assert SET_UP in first
    assert "project.py --source-dir data/sources --output data/etl_output.json" in first
    assert SET_UP in second
    assert "pytest" in second
