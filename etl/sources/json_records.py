"""The records of a JSON file one by one, in plain Python: to lines for DuckDB, or with care where it must not judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from etl.errors import OR_REJECT, Problem
from etl.sources.content import UNDECODABLE, escaped, marked, sizes
from etl.sources.json_document import Document
from etl.sources.json_text import WHITE, NotJson, Record, judged, record
from etl.sources.places import Offsets, Place, batches, cut, mark_of, without_end
from etl.sources.rewritten import Careful
from etl.sources.scan import Scan
from etl.sources.shape import MOST_COLUMNS
from etl.sources.table_text import TABLE_TEXT, TableText
from etl.sources.unpack import Unreadable, whole_file

_FLAT = str.maketrans("\r\n", "  ")  # line ends between values; in a string of JSON there are none
_ADVICE = f"Correct it{OR_REJECT}"
_OBJECTS = ("doubled_key", "too_deep")  # faults of what is an object of JSON all the same
_NO_RECORD = "No record of the file can be read"
_NO_RECORDS = {
    ("undecodable", "json"): f"{_NO_RECORD}; state its --encoding",
    ("undecodable", "ndjson"): f"{_NO_RECORD}; state its --encoding",
    ("not_json", "ndjson"): f"{_NO_RECORD}; where it is one document, and not a record a line, state --format json",
}


@dataclass(slots=True)
class Counted:
    """What a reading counted until now.

    Args:
        lines: Physical lines; of a document its records, since a record is no line there.
        blank: Lines without a record.
        places: Whether the byte of every record is wanted, not of those at fault alone.
    """

    lines: int = 0
    blank: int = 0
    places: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A record, where it begins, and its text as it stands.

    Args:
        at: In bytes, where the encoding tells it.
        before: Characters of the text before what is looked at as JSON.
    """

    record: Record
    line: int
    at: int | None
    text: str
    before: int = 0

    def near(self) -> str:
        """What stands around the fault."""
        at = self.before + self.record.at
        return escaped(self.text[max(0, at - 20) : at + 20])


def records(scan: Scan, counted: Counted) -> Iterator[Placed]:
    """The records of a file in order; what is read is counted on the way.

    Raises:
        Unreadable: The file is no JSON document, or its bytes cannot be had.
    """
    if scan.format == "ndjson":
        yield from _of_lines(scan, counted)
    else:
        yield from _of_document(scan, counted)


def _of_lines(scan: Scan, counted: Counted) -> Iterator[Placed]:
    offsets = Offsets(scan)
    for batch in batches(scan):
        offsets.batch(batch)
        for place, line in enumerate(batch):
            counted.lines += 1
            body = line.strip(WHITE)
            if not body:
                counted.blank += 1
                continue
            found = _decoded(scan, body) or record(body)
            wanted = found.fault is not None or counted.places
            yield Placed(found, counted.lines, offsets.of(place) if wanted else None, without_end(line),
                         line.index(body[0]) if wanted else 0)


def _of_document(scan: Scan, counted: Counted) -> Iterator[Placed]:
    document = Document(("".join(batch) for batch in batches(scan)), sizes(scan.encoding), mark_of(scan))
    try:
        for element in document.elements():
            counted.lines += 1
            yield Placed(_decoded(scan, element.raw) or judged(element.raw, element.found), element.line, element.byte,
                         element.raw)
    except NotJson as error:
        raise Unreadable(Problem(
            error.code, f"{error} (character {document.passed + 1:,} of the file)", scan.file.path, document.line,
            byte_offset=document.byte, whole_file=True,
            advice="Fetch it again, or correct it; lines of JSON are read with --format ndjson",
        )) from error


def _decoded(scan: Scan, text: str) -> Record | None:
    """The record as one at fault, where it holds bytes that are not of the encoding."""
    if text.isascii() or not (bad := UNDECODABLE.search(text)):
        return None
    return Record(text, fault=("undecodable", f"{marked(bad[0])} is not {scan.encoding}"), at=bad.start())


@dataclass(frozen=True, slots=True)
class Converted:
    """A document as lines: how many, and the bytes of the longest."""

    count: int
    longest: int


def to_lines(scan: Scan, destination: Path) -> Converted | Problem:
    """Write the values of a document as lines, one a value.

    Raises:
        OSError: The destination cannot be written.
    """
    count = longest = 0
    try:
        document = Document("".join(batch) for batch in batches(scan))
        with destination.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as out:
            for element in document.elements():
                out.write(element.raw.translate(_FLAT) + "\n")
                count += 1
                longest = max(longest, len(element.raw))
    except NotJson:
        try:
            for _ in records(scan, Counted()):
                pass
        except Unreadable as unreadable:
            return unreadable.problem
        raise
    except Unreadable as unreadable:
        return unreadable.problem
    return Converted(count, longest * 4)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of all good records, in order of first appearance, and how many records there are, good or not.

    Args:
        good: How many can be read.
        first_fault: Where no record is an object of JSON: the file is not what it claims to be.
    """

    names: tuple[str, ...]
    records: int
    good: int
    first_fault: Problem | None


def columns(scan: Scan) -> Keys | Problem:
    """The keys of a file."""
    names: dict[str, None] = {}
    count, good, objects, fault = 0, 0, 0, None
    try:
        for placed in records(scan, Counted()):
            count += 1
            code, message = placed.record.fault or ("", "")
            good += not code
            objects += not code or code in _OBJECTS
            if fault is None and code and not objects:
                advice = _NO_RECORDS.get((code, scan.format), _NO_RECORD)
                fault = Problem(code, message, scan.file.path, placed.line, advice=advice, whole_file=True)
            for name, _ in placed.record.members:
                names.setdefault(name)
            if len(names) > MOST_COLUMNS:
                return too_many_keys(scan.file.path)
    except Unreadable as unreadable:
        return unreadable.problem
    return Keys(tuple(names), count, good, None if objects else fault)


def too_many_keys(path: str) -> Problem:
    """Keys that are data, not names."""
    return whole_file("too_many_columns", path, f"its objects have more than {MOST_COLUMNS:,} different keys",
                      "Keys that are data belong into an array of objects")


def rewrite(scan: Scan, names: Sequence[str], destination: Path) -> Careful:
    """Judge every record of a file and write the good ones as table text.

    Raises:
        OSError: The destination cannot be written.
    """
    counted, rejects, problem, rejected_lines = Counted(), [], None, 0
    places: Mapping[str, int] = {name: place for place, name in enumerate(names)}
    with destination.open("wb") as out:
        table = TableText(out, len(names))
        try:
            for placed in records(scan, counted):
                found = placed.record
                if found.fault is None:
                    cells: list[str | None] = [None] * len(names)
                    for name, text in found.members:
                        cells[places[name]] = text
                    table.row(cells)
                    continue
                table.reject()
                rejected_lines += 1
                code, message = found.fault
                near = placed.near() if code in ("not_json", "undecodable") else None
                rejects.append(Problem(code, message, scan.file.path, placed.line, table.rows, text=near,
                                       record=cut(placed.text), byte_offset=placed.at, advice=_ADVICE))
        except Unreadable as unreadable:
            problem = unreadable.problem
        table.end()
    return Careful(table.rows - len(rejects), tuple(rejects), len(rejects), rejected_lines, counted.lines,
                   counted.blank, quoted=True, dialect=TABLE_TEXT, longest=table.longest, problem=problem)


def places_of(scan: Scan, rows: Sequence[int]) -> dict[int, Place]:
    """Where each of some records begins; rows count all records of the file from 1."""
    wanted, found = set(rows), {}
    for row, placed in enumerate(records(scan, Counted(places=True)), 1):
        if row in wanted:
            found[row] = Place(placed.line, placed.at, cut(placed.text))
            if len(found) == len(wanted):
                break
    return found
