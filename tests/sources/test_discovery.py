"""Which files a dataset takes, and in what order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etl.config import Selection
from etl.errors import SourceMissing, UsageError
from etl.sources.discovery import Listing, discover, pattern, root_of


def lay(root: Path, *paths: str) -> None:
    """Lay small files into a folder."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("a\n1\n")


def names(listing: Listing) -> list[str]:
    """The paths of a listing."""
    return [file.path for file in listing.files]


def take(root: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Listing:
    """List a folder."""
    return discover(Selection(source_dir=str(root), include=include, exclude=exclude), None, ())


def test_order_is_by_code_point(tmp_path: Path) -> None:
    """Files are ranked by path, code point by code point, whatever the folder order is."""
    paths = ["b.csv", "a/z.csv", "a.csv", "B.csv", "a-b/c.csv", "é.csv", "😀.csv", "\uff5e.csv", "a/b/c.csv"]
    lay(tmp_path, *paths)
    assert names(take(tmp_path)) == sorted(paths)


def test_known_extensions_in_any_case(tmp_path: Path) -> None:
    """A folder takes the known extensions, and counts what it does not take."""
    lay(tmp_path, "a.CSV", "b.tsv", "c.csv.gz", "d.Tsv.ZST", "e.txt", "f.csv.bak", ".h.csv", ".git/i.csv", ".csv")
    (tmp_path / "folder.csv").mkdir()
    listing = take(tmp_path)
    assert names(listing) == ["a.CSV", "b.tsv", "c.csv.gz", "d.Tsv.ZST"]
    assert listing.not_taken == 4


def test_links_are_followed_once(tmp_path: Path) -> None:
    """A loop of links ends, a folder is walked once, and a link to a file is taken."""
    lay(tmp_path, "real/a.csv")
    (tmp_path / "real/loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "b.csv").symlink_to(tmp_path / "real/a.csv")
    assert names(take(tmp_path)) == ["b.csv", "real/a.csv"]


def test_ours_are_not_taken(tmp_path: Path) -> None:
    """The warehouse and the outputs are not sources, not even through a link; naming one is refused."""
    lay(tmp_path, "a.csv", "out.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "out.csv")
    ours = {(tmp_path / "out.csv").resolve()}
    assert names(discover(Selection(source_dir=str(tmp_path)), None, ours)) == ["a.csv"]
    with pytest.raises(UsageError):
        discover(Selection(sources=(str(tmp_path / "out.csv"),)), None, ours)


def test_named_files_and_globs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that exists is that file, brackets and all; any other name with wildcards is a glob."""
    lay(tmp_path, "in/a[1].csv", "in/a1.csv", "in/.b", "in/x/c.csv")
    monkeypatch.chdir(tmp_path)
    assert names(discover(Selection(sources=("in/a[1].csv",)), None, ())) == ["a[1].csv"]
    assert names(discover(Selection(sources=("in/a[0-9].csv",)), None, ())) == ["a1.csv"]
    assert names(discover(Selection(sources=("in/**/*.csv", "in/.b")), None, ())) == [
        ".b", "a1.csv", "a[1].csv", "x/c.csv"]
    assert root_of(Selection(sources=("in/**/*.csv",))) == tmp_path / "in"


@pytest.mark.parametrize("source", ["none.csv", "none*.csv", "none/"])
def test_missing_sources_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """What is not there is an error that names it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceMissing, match="none"):
        discover(Selection(sources=(source,)), None, ())


def test_roots(tmp_path: Path) -> None:
    """A missing folder, a file for a folder, and a source outside the root are each said."""
    lay(tmp_path, "in/a.csv", "out/b.csv")
    with pytest.raises(SourceMissing, match="nowhere"):
        take(tmp_path / "nowhere")
    with pytest.raises(SourceMissing, match="not a folder"):
        take(tmp_path / "in/a.csv")
    with pytest.raises(UsageError, match="outside"):
        discover(Selection(source_dir=str(tmp_path / "in"), sources=(str(tmp_path / "out"),)), None, ())


def test_pipes_are_not_taken(tmp_path: Path) -> None:
    """A pipe, and a link to a device, is a problem by name, in a folder as well as named; neither is waited for."""
    os.mkfifo(tmp_path / "p.csv")
    (tmp_path / "z.csv").symlink_to("/dev/zero")
    (tmp_path / "other").symlink_to("/dev/zero")
    named = Selection(sources=(str(tmp_path / "p.csv"), str(tmp_path / "z.csv")))
    for listing in (take(tmp_path), discover(named, None, ())):
        assert [(problem.path, problem.code) for problem in listing.problems] == [
            ("p.csv", "not_a_file"), ("z.csv", "not_a_file")]
    assert take(tmp_path).not_taken == 1
    assert not take(tmp_path, exclude=("[pz].csv",)).problems


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    """A name that is not UTF-8 is a problem that can be shown."""
    (tmp_path / os.fsdecode(b"\xff.csv")).touch()
    listing = take(tmp_path)
    assert not listing.files
    assert listing.problems[0].code == "name_not_utf8"
    assert str(listing.problems[0]).isprintable()


def test_filters(tmp_path: Path) -> None:
    """A glob without `/` is held against the name, one with `/` against the path."""
    lay(tmp_path, "a.csv", "x/a.csv", "x/b.csv", "x/y/a.csv")
    assert names(take(tmp_path, include=("a.*",))) == ["a.csv", "x/a.csv", "x/y/a.csv"]
    assert names(take(tmp_path, include=("x/*",))) == ["x/a.csv", "x/b.csv"]
    assert names(take(tmp_path, exclude=("x/**",))) == ["a.csv"]
    assert pattern("[!a].csv").match("b.csv")
    assert not pattern("[!a].csv").match("a.csv")
