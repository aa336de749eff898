"""What a plain reading of text in Python says of a damaged file: its rows and its rejects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sources.oracle import records, split_lines

from etl.sources.grammar import Dialect
from formats.account import Cell, Nested, Number, exact, exported, same, type_of

PLAIN_NAME = re.compile(r"[a-z][a-z0-9]*")
WHITE = " \t\r\n"


@dataclass(frozen=True)
class Plain:
    """Rows by column, in order, and the lines of rejects."""

    rows: Sequence[dict[str, Cell]]
    rejected: Sequence[int]


def read(name: str, content: bytes) -> Plain | None:
    """A plain reading; None where names of columns, which the program has rules of its own for, are damaged."""
    text = content.decode("utf-8", "surrogateescape")
    if name.endswith(".csv"):
        return _csv(text)
    numbered = _document(text) if name.endswith(".json") else (
        (number, line) for number, line in enumerate(split_lines(text), 1) if line.strip(WHITE))
    rows, rejected = [], []
    for line, raw in numbered:
        members = _object(raw)
        if members is None:
            rejected.append(line)
            continue
        if not all(map(PLAIN_NAME.fullmatch, members)):
            return None
        rows.append(members)
    return Plain(rows, rejected)


def _csv(text: str) -> Plain:
    header, body = split_lines(text)[0], text[re.search("\r?\n", text).end():]  # type: ignore[union-attr]
    names = header.split(",")
    rows: list[dict[str, Cell]] = []
    rejected = []
    line = 2
    for cells, raw in _with_lines(body, len(names)):
        blank = len(raw) - len(raw.lstrip("\r\n"))
        at = line + len(split_lines(raw[:blank]))
        line += len(split_lines(raw))
        if isinstance(cells, str) or any(_undecoded(cell) for cell in cells):
            rejected.append(at)
        else:
            told = (None if cell is None else Number(cell) for cell in cells)  # no string: it has a kind
            rows.append(dict(zip(names, told, strict=True)))
    return Plain(rows, rejected)


def _with_lines(body: str, width: int) -> Iterator[tuple[Any, str]]:
    """Each record with its raw text, blank lines before it included: found by reading ever longer beginnings."""
    dialect = Dialect(",", '"', '"')
    whole = records(body, dialect, width)
    ends, at = [], 0
    while at < len(body):
        at += len(re.match(r"[^\r\n]*(\r\n|\r|\n|$)", body[at:])[0])  # type: ignore[index]
        ends.append(at)
    begin, number = 0, 0
    for end in ends:
        if number == len(whole):
            return
        found = records(body[begin:end], dialect, width)
        if len(found) == 1 and found[0] == whole[number] and (
                len(records(body[end:], dialect, width)) == len(whole) - number - 1):
            yield whole[number], body[begin:end]
            begin, number = end, number + 1
    assert number == len(whole)


def _undecoded(text: str | None) -> bool:
    return text is not None and any("\udc80" <= char <= "\udcff" for char in text)


def _object(raw: str) -> dict[str, Cell] | None:
    """The members of an object of JSON by the letter; None where it is none, has a key twice, or is no text."""
    def strict(word: str) -> Any:
        raise ValueError(word)

    if _undecoded(raw):
        return None
    try:
        pairs = json.loads(raw, parse_float=Number, parse_int=Number, parse_constant=strict,
                           object_pairs_hook=tuple)
        json.dumps(json.loads(raw), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, tuple) or len({key for key, _ in pairs}) < len(pairs):
        return None
    return {key: _cell(value) for key, value in pairs}


def _cell(value: Any) -> Cell:
    if not isinstance(value, tuple | list):
        return value  # type: ignore[no-any-return]
    return Nested(_spelt(value))


def _spelt(value: Any) -> str:
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_spelt(each)}" for key, each in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_spelt, value)) + "]"
    return value.text if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _document(text: str) -> Iterator[tuple[int, str]]:
    """The elements of an array, or values one behind the other, with the lines on which they begin."""
    decoder = json.JSONDecoder()
    at = _behind(text, 0)
    array = text[at : at + 1] == "["
    at += array
    while (at := _behind(text, at)) < len(text) and text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        yield 1 + len(re.findall("\r\n|\r|\n", text[:at])), text[at:end]
        at = _behind(text, end)
        at += array and text[at : at + 1] == ","


def _behind(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in WHITE:
        at += 1
    return at


def hold(found: Plain, export: bytes) -> None:
    """Hold an export to the rows of a plain reading."""
    said = [dict(pairs) for pairs in exact(export.decode())]
    names = {name for row in found.rows for name in row}
    assert len(said) == len(found.rows)
    types = {name: type_of([row.get(name) for row in found.rows]) for name in names}
    for read_row, row in zip(said, found.rows, strict=True):
        assert names <= set(read_row)
        for name in names:
            assert same(read_row[name], exported(row.get(name), types[name])), (name, types[name], row, read_row)
