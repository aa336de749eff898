"""A small independent reading of CSV text, character by character, and DuckDB's own, to compare with."""

from __future__ import annotations

from pathlib import Path

import duckdb

from etl.sources.grammar import Dialect

Row = tuple[str | None, ...]


def split_lines(text: str) -> list[str]:
    """Physical lines without their ends, by hand."""
    out, at, begin = [], 0, 0
    while at < len(text):
        if text[at] in "\r\n":
            out.append(text[begin:at])
            at += 2 if text[at : at + 2] == "\r\n" else 1
            begin = at
        else:
            at += 1
    return [*out, text[begin:]] if begin < len(text) else out


def _end(text: str, at: int) -> int:
    """How long the line end at a place is; 0 when there is none."""
    if text[at : at + 2] == "\r\n":
        return 2
    return 1 if text[at : at + 1] in ("\r", "\n") else 0


def records(text: str, dialect: Dialect, width: int, *, pad: bool = False) -> list[Row | str]:  # noqa: C901  # one grammar, one loop
    """Every record: its cells, or a word for what is wrong with it."""
    delimiter, quote, escape = dialect.delimiter, dialect.quote, dialect.escape
    out: list[Row | str] = []
    at = 0
    while at < len(text):
        if _end(text, at):
            if width == 1:
                out.append((None,))
            at += _end(text, at)
            continue
        cells: list[str | None] = []
        fault = None
        while True:
            begin = _behind_white(text, at, delimiter)
            if quote and text.startswith(quote, begin):
                before = text[at:begin]
                cell, closing, closed = _quoted(text, begin + 1, quote, escape)
                at = _behind_white(text, closing, delimiter) if closed else closing
                if not closed:
                    fault = "unclosed"
                    break
                cells.append(before + cell + text[closing:at])
                if at < len(text) and not _end(text, at) and not text.startswith(delimiter, at):
                    fault = "text after quote"
            else:
                begin = at
                while at < len(text) and not _end(text, at) and not text.startswith(delimiter, at):
                    at += 1
                cells.append(text[begin:at] or None)
            while fault and at < len(text) and not _end(text, at) and not text.startswith(delimiter, at):
                at += 1
            if at >= len(text) or _end(text, at):
                at += _end(text, at)
                break
            at += len(delimiter)
        if pad and fault is None:
            cells += [None] * (width - len(cells))
        out.append(fault or (tuple(cells) if len(cells) == width else f"{len(cells)} cells"))
    return out


def _behind_white(text: str, at: int, delimiter: str) -> int:
    while text.startswith((" ", "\t", "\v", "\f", "\u00a0"), at) and not text.startswith(delimiter, at):
        at += 1
    return at


def _quoted(text: str, at: int, quote: str, escape: str) -> tuple[str, int, bool]:
    """A quoted cell from behind its opening quote: the cell, the place behind it, whether it is closed."""
    cell = ""
    while at < len(text):
        if text[at] == escape and at + 1 < len(text) and text[at + 1] in (quote, escape):
            cell += text[at + 1]
            at += 2
        elif text[at] == quote:
            return cell, at + 1, True
        else:
            cell += text[at]
            at += 1
    return cell, at, False


def duckdb_rows(path: Path, dialect: Dialect, width: int, skip: int, more: str = "") -> tuple[list[Row], int] | None:
    """What DuckDB's bulk reader makes of a file, and its number of rejects; None when it gives up."""
    columns = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width)) + "}"
    with duckdb.connect(config={"threads": 2}) as connection:
        try:
            rows = connection.execute(
                f"SELECT * FROM read_csv(?, header=false, auto_detect=false, skip={skip}, columns={columns}, delim=?,"
                " quote=?, escape=?, nullstr='', allow_quoted_nulls=false, hive_partitioning=false,"
                f" store_rejects=true{more})",
                [str(path), dialect.delimiter, dialect.quote, dialect.escape],
            ).fetchall()
            counted = connection.execute("SELECT count(*) FROM reject_errors").fetchone()
        except duckdb.Error:
            return None
    return rows, counted[0] if counted else 0
