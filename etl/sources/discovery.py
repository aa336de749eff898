"""Which files a dataset takes: folders, globs and named files below one source root."""

from __future__ import annotations

import glob
import os
import re
import stat as modes
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from etl.config import DEFAULT_SOURCE_DIR, Selection
from etl.errors import Problem, SourceMissing, UsageError, shorten
from etl.sources.formats import KNOWN


@dataclass(frozen=True, slots=True)
class FileStat:
    """What tells without reading that a file is as it was."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, source: str | os.PathLike[str] | os.stat_result) -> FileStat:
        """That of a path, or of what `os.stat` said."""
        found = source if isinstance(source, os.stat_result) else os.stat(source)
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a dataset takes; `path` is relative to the source root, with `/` between its parts."""

    path: str
    absolute: str
    stat: FileStat


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a dataset as they were found.

    Args:
        root: The source root, absolute.
        files: Ranked: by path, code point by code point.
        not_taken: Files of the folders that are hidden, excluded or of no known extension.
        patterns: The folders and patterns that were tried.
    """

    root: Path
    files: tuple[SourceFile, ...]
    not_taken: int
    problems: tuple[Problem, ...]
    patterns: tuple[str, ...]


def root_of(selection: Selection) -> Path:
    """The source root: `--source-dir`, else that of the first SOURCE."""
    if selection.source_dir is not None:
        return _absolute(selection.source_dir)
    if not selection.sources:
        return _absolute(DEFAULT_SOURCE_DIR)
    first = selection.sources[0]
    if os.path.isdir(first):
        return _absolute(first)
    if os.path.lexists(first) or not glob.has_magic(first):
        return _absolute(first).parent
    return _absolute(_before_wildcard(first))


def discover(selection: Selection, root: Path | None, ours: Collection[Path]) -> Listing:
    """List the files that a dataset takes.

    Args:
        root: The source root; None takes that of the selection.
        ours: Files of our own (warehouse, outputs), resolved: never taken from folders.

    Raises:
        SourceMissing: A folder, a named file, or any match of a glob is not there.
        UsageError: A source lies outside the root.
    """
    base = Path(os.path.abspath(root)) if root is not None else root_of(selection)
    search = Search(base, selection.include, selection.exclude, frozenset(map(str, ours)))
    if not selection.sources:
        search.folder_source(selection.source_dir or str(DEFAULT_SOURCE_DIR) if root is None else str(base))
    for source in selection.sources:
        search.source(source)
    files = tuple(search.files[path] for path in sorted(search.files))
    problems = tuple(sorted(search.problems, key=lambda problem: problem.path or ""))
    return Listing(base, files, search.not_taken, problems, tuple(search.patterns))


def matches(path: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    """Whether a relative path matches one of some patterns that `pattern` made."""
    return any(pattern.match(path) for pattern in patterns)


def pattern(text: str) -> re.Pattern[str]:
    """A glob over the relative path as a regular expression.

    `*` and `?` stay within a part of the path, `**` crosses parts, `[...]` is one character of a set. A pattern
    without `/` is held against the file name, whatever its folder.
    """
    anchored = text.removeprefix("./").removeprefix("/")
    prefix = "" if "/" in text else "(?:.*/)?"
    return re.compile(prefix + _translate(anchored) + r"\Z", re.DOTALL)


def _translate(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        if text.startswith("**/", at) and (at == 0 or text[at - 1] == "/"):
            out, at = out + "(?:.*/)?", at + 3
        elif text.startswith("**", at):
            out, at = out + ".*", at + 2
        elif text[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif text[at] == "?":
            out, at = out + "[^/]", at + 1
        elif text[at] == "[" and (end := text.find("]", at + 2)) > 0:
            inner = text[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[").replace("&", "\\&").replace("~", "\\~")
            inner = inner.replace("|", "\\|")
            negated = inner[:1] in ("!", "^")
            out, at = out + "[" + ("^/" + inner[1:] if negated else inner) + "]", end + 1
        else:
            out, at = out + re.escape(text[at]), at + 1
    return out


@dataclass(slots=True)
class Search:
    """What was found so far, of one source after the other."""

    root: Path
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    ours: frozenset[str]
    files: dict[str, SourceFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    walked: dict[tuple[int, int], str] = field(default_factory=dict)  # of the last folder source: their prefixes
    our_names: frozenset[str] = frozenset()
    included: tuple[re.Pattern[str], ...] = ()
    excluded: tuple[re.Pattern[str], ...] = ()

    def __post_init__(self) -> None:
        """Make the patterns."""
        self.included = tuple(map(pattern, self.include))
        self.excluded = tuple(map(pattern, self.exclude))
        self.our_names = frozenset(map(os.path.basename, self.ours))

    @property
    def not_taken(self) -> int:
        """Files that were seen in folders and are taken by no source."""
        return len(self.passed - self.files.keys())

    def source(self, source: str) -> None:
        """Take one SOURCE: what exists is that file or folder, anything else is a glob."""
        if os.path.isdir(source):
            self.folder_source(source)
        elif os.path.lexists(source):
            self.patterns.append(source)
            self._named(source)
        elif glob.has_magic(source):
            self._glob(source)
        else:
            message = f"There is no file or folder {source}"
            raise SourceMissing(message)

    def folder_source(self, folder: str) -> None:
        """Take what a folder has, recursively."""
        if not os.path.lexists(folder):
            message = f"There is no folder {folder}. Name the one with the files by --source-dir"
            raise SourceMissing(message)
        if not os.path.isdir(folder):
            message = f"{folder} is not a folder. Name a file as a SOURCE, without --source-dir"
            raise SourceMissing(message)
        self.patterns.append(folder)
        absolute = os.path.abspath(folder)
        relative = self._relative(absolute, folder)
        found = os.stat(absolute)
        self.walked.clear()
        self._walk(absolute, "" if relative == "." else relative + "/", (found.st_dev, found.st_ino))

    def _glob(self, source: str) -> None:
        self.patterns.append(source)
        found = sorted(glob.glob(source, recursive=True))
        if not found:
            message = f"nothing matches {source}"
            raise SourceMissing(message)
        for name in found:
            if not os.path.isdir(name):
                self._named(name, of_glob=True)

    def _named(self, name: str, *, of_glob: bool = False) -> None:
        """Take a file that was named, whatever its extension; one that a glob matched passes the filters too."""
        absolute = os.path.abspath(name)
        path = self._relative(absolute, name)
        if self._ours(absolute):
            if of_glob:
                self.passed.add(path)
                return
            message = f"{name} is the warehouse or an output of this dataset: it cannot be a source as well"
            raise UsageError(message)
        if self.filtered(path):
            self.passed.add(path)
            return
        try:
            found = os.stat(absolute)
        except OSError as error:
            self._problem("unreadable", path, f"the file cannot be read: {error.strerror}")
            return
        self._take(path, absolute, found)

    def _walk(self, folder: str, prefix: str, identity: tuple[int, int]) -> None:
        """Take the files of a folder and of those below it; a folder is walked once, whatever links lead to it."""
        pending = [(folder, prefix, identity)]
        while pending:
            folder, prefix, identity = pending.pop()
            if identity in self.walked:
                continue
            self.walked[identity] = prefix
            linked: list[tuple[str, str, tuple[int, int]]] = []
            real: list[tuple[str, str, tuple[int, int]]] = []
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        self._entry(entry, prefix, linked if entry.is_symlink() else real)
            except OSError as error:
                self._problem("unreadable_folder", prefix.rstrip("/") or ".",
                              f"the folder cannot be read: {error.strerror}")
            pending = sorted(linked, reverse=True) + pending + sorted(real, reverse=True)

    def _entry(self, entry: os.DirEntry[str], prefix: str, below: list[tuple[str, str, tuple[int, int]]]) -> None:
        """Take, pass or enter one entry of a folder."""
        path = prefix + entry.name
        try:
            if entry.is_dir():
                if not entry.name.startswith("."):
                    found = entry.stat()
                    below.append((entry.path, path + "/", (found.st_dev, found.st_ino)))
                return
            if entry.name.startswith(".") or not KNOWN.search(entry.name) or self.filtered(path) or (
                    (entry.is_symlink() or entry.name in self.our_names) and self._ours(entry.path)):
                self.passed.add(path)
                return
            found = entry.stat()
        except OSError as error:
            self._problem("unreadable", path, f"the file cannot be read: {error.strerror}")
            return
        self._take(path, entry.path, found)

    def _take(self, path: str, absolute: str, found: os.stat_result) -> None:
        if not modes.S_ISREG(found.st_mode):
            self._problem("not_a_file", path, "it is not a regular file (a pipe, a device or a socket)",
                          "Take it away, or leave it out with --exclude")
            return
        if not path.isascii():
            try:
                path.encode()
            except UnicodeEncodeError:
                self._problem("name_not_utf8", path, "the file's name is not UTF-8", "Rename the file")
                return
        self.files[path] = SourceFile(path, absolute, FileStat.of(found))

    def filtered(self, path: str) -> bool:
        """Whether --include and --exclude leave a path out."""
        return bool(self.included and not matches(path, self.included)) or matches(path, self.excluded)

    def _ours(self, absolute: str) -> bool:
        return bool(self.ours) and os.path.realpath(absolute) in self.ours

    def _relative(self, absolute: str, stated: str) -> str:
        relative = os.path.relpath(absolute, self.root)
        if relative == ".." or relative.startswith(".." + os.sep):
            message = f"{stated} lies outside the source root {self.root}. State the root with --source-dir"
            raise UsageError(message)
        return relative.replace(os.sep, "/")

    def _problem(self, code: str, path: str, message: str, advice: str | None = None) -> None:
        shown = path if path.isprintable() else shorten(path, len(path))[1:-1]
        self.problems.append(Problem(code, message, shown, advice=advice, whole_file=True))


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.abspath(path))


def _before_wildcard(source: str) -> str:
    """The folder that stands before the first wildcard of a glob."""
    parts = source.split("/")
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:first]) or ("/" if source.startswith("/") else ".")
