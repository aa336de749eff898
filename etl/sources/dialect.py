"""The dialect and the header of a CSV text, from the stated options and its beginning."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from etl.config import Reading
from etl.errors import Problem, UsageError
from etl.sources.content import UNDECODABLE
from etl.sources.formats import claim_of
from etl.sources.grammar import WHITE, Dialect, Walk
from etl.sources.unpack import whole_file

CANDIDATES = (",", ";", "\t", "|")
SAMPLE = 1 << 16
_ASCII = 128
_WORDS = {"\\t": "\t", "tab": "\t"}
_LONGEST_DELIMITER = 4
_FIRST_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r(?=[^\n]))")
_SAYS_DELIMITER = re.compile(r'"?sep=(?P<delimiter>[^"\r\n\0])"?[\r\n]*', re.IGNORECASE)  # as Excel writes and reads it
_FEW = 2


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the first record of data, and how the records are written.

    Args:
        header: The raw cells of the header record, untrimmed; None when the file has no header.
        width: How many columns a record has; 0 where skipped lines are all there is.
        header_lines: Physical lines of the header record; 0 without one.
        skipped_lines: Lines skipped because it was stated, and one that says the delimiter (`sep=;`).
        blank_before: Blank lines before the header; 0 without one, where they are lines of data.
        skipped_blank: How many of the skipped lines are blank.
        skipped_quoted: Whether a quote occurs in the skipped lines.
        delimiters: How many delimiters stand before the first line of data, quoted or not.
    """

    dialect: Dialect
    header: tuple[str, ...] | None
    width: int
    header_lines: int
    skipped_lines: int
    blank_before: int
    skipped_blank: int = 0
    skipped_quoted: bool = False
    delimiters: int = 0

    @property
    def skip(self) -> int:
        """Records to skip in a reader that counts a header of several lines as one."""
        return self.skipped_lines + self.blank_before + (self.header is not None)

    @property
    def lines(self) -> int:
        """Physical lines before the first line of data."""
        return self.skipped_lines + self.blank_before + self.header_lines


def stated_delimiter(reading: Reading) -> str | None:
    """The stated delimiter, its words resolved; None when none is stated.

    Raises:
        UsageError: It cannot be a delimiter.
    """
    if reading.delimiter is None:
        return None
    delimiter = _WORDS.get(reading.delimiter.lower(), reading.delimiter)
    size = len(delimiter.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= _LONGEST_DELIMITER or set(delimiter) & set("\r\n\0\ufeff"):
        message = (f"--delimiter {reading.delimiter!r}: a delimiter is 1 to 4 bytes, no line end, no byte order mark, "
                   "or the word tab")
        raise UsageError(message)
    return delimiter


def stated_quotes(reading: Reading) -> tuple[str, str]:
    """Quote and escape character; the quote is `"` unless stated, the escape is the quote unless stated.

    Raises:
        UsageError: One of them is not a single ASCII character, or clashes with the delimiter.
    """
    quote = '"' if reading.quote is None else reading.quote
    escape = quote if not reading.escape or not quote else reading.escape
    delimiter = stated_delimiter(reading) or ""
    for option, mark in (("--quote", quote), ("--escape", escape)):
        if mark and (len(mark) != 1 or ord(mark) >= _ASCII or mark in "\r\n\0" + WHITE):
            message = f"{option} {mark!r}: one ASCII character is needed, no white space and no line end"
            raise UsageError(message)
        _check_apart(option, mark, delimiter)
    return quote, escape


def _check_apart(option: str, mark: str, delimiter: str) -> None:
    if mark and mark in delimiter:
        message = f"{option} {mark!r} is part of the delimiter {delimiter!r}: choose another"
        raise UsageError(message)


def read_head(text: str, complete: bool, reading: Reading, path: str) -> Head | Problem:
    """Find the dialect and the header at the beginning of a text.

    Args:
        text: The beginning, decoded, without a byte order mark; its first 64 KB of data decide the delimiter.
        complete: Whether that is all of it.

    Raises:
        UsageError: A stated option cannot be used.
    """
    line = _FIRST_LINE.match(text)
    if line is not None and not reading.skip_rows and (simple := _of_line(line[0], reading)) is not None:
        return simple
    return _read_head(text, complete=complete, reading=reading, path=path)


@lru_cache(maxsize=1024)
def _of_line(line: str, reading: Reading) -> Head | None:
    """What a first line alone says, once for all files that begin with it; None where it does not settle it."""
    quote, _ = stated_quotes(reading)
    clear = reading.delimiter is not None or sum(candidate in line for candidate in CANDIDATES) == 1
    if not line.strip("\r\n") or not clear or (quote and quote in line) or _SAYS_DELIMITER.fullmatch(line):
        return None
    head = _read_head(line, complete=False, reading=reading, path="")
    return head if isinstance(head, Head) else None


def _read_head(text: str, *, complete: bool, reading: Reading, path: str) -> Head | Problem:
    delimiter = stated_delimiter(reading)
    quote, escape = stated_quotes(reading)
    lines = list(io.StringIO(text, newline=""))
    says = _SAYS_DELIMITER.fullmatch(lines[reading.skip_rows]) if len(lines) > reading.skip_rows else None
    delimiter = delimiter or (says["delimiter"] if says is not None else None)
    before = reading.skip_rows + (says is not None)
    skipped, rest = lines[:before], lines[before:]
    blank = next((i for i, line in enumerate(rest) if line.rstrip("\r\n")), len(rest))
    data = rest[blank:]
    if complete and before and len(skipped) == before and not rest and not reading.header:
        return _nothing_behind(skipped, Dialect(delimiter or ",", quote, escape))
    if not data or (not complete and len(data) == 1 and not _ended(data[0])):
        return _no_record(reading, path, lines=len(lines), complete=complete)
    if delimiter is None:
        found = _delimiter("".join(data)[:SAMPLE], complete and len(text) <= SAMPLE, quote, escape, path)
        if isinstance(found, Problem):
            return found
        delimiter = found
    _check_apart("--quote", quote, delimiter)
    _check_apart("--escape", escape, delimiter)
    dialect = Dialect(delimiter, quote, escape)
    walk = Walk(dialect, collect=True)
    taken = 0
    for taken, line in enumerate(data, 1):  # noqa: B007  # counted past the loop
        walk.feed(line)
        if not walk.open:
            break
    if reading.header and (problem := _header_problem(walk, data, len(skipped) + blank + 1, path, reading)):
        return problem
    header = tuple(cell or "" for cell in walk.cells) if reading.header else None
    return Head(
        dialect,
        header,
        width=max(walk.count, 1),
        header_lines=taken if reading.header else 0,
        skipped_lines=len(skipped),
        blank_before=blank if reading.header else 0,
        skipped_blank=sum(not line.rstrip("\r\n") for line in skipped),
        skipped_quoted=bool(quote) and any(quote in line for line in skipped),
        delimiters=sum(line.count(delimiter) for line in [*skipped, *(data[:taken] if reading.header else ())]),
    )


def _nothing_behind(skipped: list[str], dialect: Dialect) -> Head:
    """The head of a text that ends with its skipped lines: no column, no record, as a header alone has none."""
    return Head(dialect, None, width=0, header_lines=0, skipped_lines=len(skipped), blank_before=0,
                skipped_blank=sum(not line.rstrip("\r\n") for line in skipped))


def _ended(line: str) -> bool:
    return line.endswith(("\n", "\r"))


def _no_record(reading: Reading, path: str, *, lines: int, complete: bool) -> Problem:
    what, skips = "header" if reading.header else "record", f"--skip-rows {reading.skip_rows}"
    message, advice = f"the {what} does not end in the first part of the file", "It may be no CSV file"
    if complete and 0 < lines <= reading.skip_rows:
        message, advice = f"the file has no {what}: {skips} leaves out all {lines} of its lines", "Skip fewer lines"
    elif complete:
        skipped = f" behind the {reading.skip_rows} skipped lines" if reading.skip_rows else ""
        return whole_file("no_header", path, f"the file has no {what}{skipped}, only blank lines")
    elif 0 < reading.skip_rows >= lines - 1:
        message, advice = f"{skips} goes past the first 1 MB, in which the {what} must end", "Cut these lines off"
    return whole_file("no_header", path, message, advice)


def _header_problem(walk: Walk, data: list[str], line: int, path: str, reading: Reading) -> Problem | None:
    """Why the header record cannot be used, if it cannot."""
    raw = data[0].rstrip("\r\n")[:SAMPLE]
    if walk.open:
        return Problem("unclosed_quote", "the header opens a quote that it never closes", path, line, record=raw,
                       advice="Correct the header, or state another --quote", whole_file=True)
    if walk.fault is not None:
        return Problem("text_after_quote", "the header has text after a closing quote", path, line, record=raw,
                       text=walk.fault_text[:SAMPLE], advice="Correct the header, or state another --quote",
                       whole_file=True)
    if walk.cell_lines > reading.max_cell_lines:
        return Problem("cell_too_long", f"the header has a cell of {walk.cell_lines} lines: a quote may have been left "
                       "open", path, line, record=raw, whole_file=True,
                       advice=f"Correct the header, or allow longer cells with --max-cell-lines (now "
                              f"{reading.max_cell_lines})")
    bad = next((cell for cell in walk.cells if cell and UNDECODABLE.search(cell)), None)
    if bad is not None:
        return Problem("undecodable", "the header has bytes that are not of the encoding", path, line, whole_file=True)
    return None


def _delimiter(sample: str, complete: bool, quote: str, escape: str, path: str) -> str | Problem:
    """The one candidate that the first record holds outside quotes, else the one that fits the sample."""
    first = _outside(sample, quote, escape)
    present = tuple(c for c in CANDIDATES if c in first)
    if not present:
        return _without(sample, complete, quote, escape, path)
    if len(present) == 1:
        return present[0]
    if claim_of(path).extension == ".tsv" and "\t" in present:
        return "\t"
    fitting = [c for c in present if _fits(sample, complete, Dialect(c, quote, escape))]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join("TAB" if c == "\t" else f"'{c}'" for c in fitting or present)
    return whole_file("unclear_delimiter", path, f"the delimiter is not clear: it could be {names}",
                      "State it with --delimiter")


def _without(sample: str, complete: bool, quote: str, escape: str, path: str) -> str | Problem:
    """A file of one column; unclear where most records behind the first have several cells, and so it may be none."""
    for candidate in CANDIDATES:
        counts = Counter(walk.count for walk in _records(sample, complete, Dialect(candidate, quote, escape), behind=1))
        cells, records = max(counts.items(), key=lambda of: (of[0] > 1, of[1]), default=(0, 0))
        if cells > 1 and records >= max(_FEW, counts.total() / 2):
            named = "TAB" if candidate == "\t" else f"'{candidate}'"
            return whole_file(
                "unclear_delimiter", path, f"the first record has no delimiter, but {records} records of the "
                f"{counts.total()} behind it that were looked at have {cells} cells parted by {named}",
                "Leave out the lines before the header with --skip-rows, or state the --delimiter of the first record")
    return ","


def _outside(sample: str, quote: str, escape: str) -> str:
    """The first record without what stands in quotes at the beginning of cells, whatever delimits them."""
    if not quote:
        return next(iter(io.StringIO(sample, newline="")))
    out: list[str] = []
    at, size, begins = 0, len(sample), True
    while at < size and sample[at] not in "\r\n":
        char = sample[at]
        at += 1
        if char == quote and begins:
            while at < size and sample[at] != quote:
                at += 2 if sample[at] == escape != quote else 1
            at += 1
            begins = at < size and sample[at] == quote and escape == quote  # a doubled quote goes on
            continue
        begins = char in CANDIDATES or (char == " " and begins)
        out.append(char)
    return "".join(out)


def _fits(sample: str, complete: bool, dialect: Dialect) -> bool:
    """Whether all whole records of the sample have the same number of cells under a dialect, more than one."""
    counts: set[int] = set()
    for walk in _records(sample, complete, dialect):
        if walk.fault is not None or (walk.open and complete):
            return False
        if not walk.open:
            counts.add(walk.count)
    return len(counts) == 1 and max(counts) > 1


def _records(sample: str, complete: bool, dialect: Dialect, *, behind: int = 0) -> Iterator[Walk]:
    """The records of a sample, walked; the last one may be open. `behind` so many of them."""
    walk: Walk | None = None
    passed = 0
    for line in io.StringIO(sample, newline=""):
        if walk is None and not line.rstrip("\r\n"):
            continue
        if not complete and not _ended(line):
            return
        walk = walk or Walk(dialect)
        walk.feed(line)
        if not walk.open:
            passed += 1
            if passed > behind:
                yield walk
            walk = None
    if walk is not None:
        yield walk
