"""What is made from this tree works elsewhere: the wheel anywhere, the README's first command on a fresh machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.network]


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; its exit code is 0."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with nothing in it that a run, a tool or a person left there."""
    copy = tmp_path_factory.mktemp("fresh") / "checkout"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "venv", "etl_output*", "*.egg-info")
    shutil.copytree(HOUSE, copy, ignore=unwanted)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    """The wheel that this tree makes."""
    out = checkout.parent / "wheel"
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, checkout, folder=checkout.parent)
    return next(out.glob("*.whl"))


def test_the_wheel_carries_sql_and_migrations(wheel: Path) -> None:
    """Every statement and every migration of the tree is in the wheel, where `etl.resources` looks, and no test is."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"etl/_{folder}/{path.relative_to(HOUSE / folder).as_posix()}"
        for folder in ("sql", "migrations")
        for path in (HOUSE / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert shipped
    assert shipped - inside == set()
    assert {name.split("/")[0] for name in inside if ".dist-info/" not in name} == {"etl"}


def test_an_installed_etl_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """In an environment that shares nothing with this one, in an empty folder, `etl` answers and loads."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", wheel, folder=tmp_path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    etl = tmp_path / "venv/bin/etl"

    stated = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert stated in run(etl, "--version", folder=folder).stdout
    assert "run" in run(etl, "--help", folder=folder).stdout

    where = "from etl.resources import resources as r; print(r('sql'), r('migrations'), sep='\\n')"
    for place in run(python, "-c", where, folder=folder).stdout.splitlines():
        assert Path(place).is_relative_to(tmp_path / "venv")
        assert any(Path(place).iterdir())

    done = run(etl, "run", "--source-dir", HOUSE / "data/sources", "--output", "out.json", folder=folder)
    assert done.stdout == "ETL complete: 6 records from 2 files\n"


def test_the_first_command_of_the_readme(checkout: Path) -> None:
    """On a fresh copy it makes its own environment, and says one line on standard output."""
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    command = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0]
    for _ in range(2):
        done = run("bash", "-euo", "pipefail", "-c", command, folder=checkout)
        assert done.stdout == "ETL complete: 5 records from 2 files\n"
