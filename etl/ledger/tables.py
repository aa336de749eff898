"""The control tables in SQLAlchemy Core. Alembic makes them (`migrations/`); a test holds the two together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, UniqueConstraint

metadata = MetaData(schema="etl")


def _id(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=False, primary_key=key, autoincrement=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


warehouse = Table(
    "warehouse", metadata,
    _text("kind"),  # fresh or accumulating
    _text("made_by"),  # version of etl
)

dataset = Table(
    "dataset", metadata,
    _id("dataset_id", key=True),
    _text("name"),  # also the target's
    _text("root"),  # absolute folder that paths are relative to
    _text("selection"),  # JSON: source_dir, sources, include, exclude
    _text("reading"),  # JSON of the reading options
    _text("definition"),  # JSON of the definition
    Column("lineage", Boolean, nullable=False),  # whether the output shows path and row
    UniqueConstraint("name"),
)

load = Table(
    "load", metadata,
    _id("load_id", key=True),
    _id("dataset_id"),
    _text("dataset"),
    _text("command"),
    _text("status"),  # loaded or failed
    Column("started_at", DateTime, nullable=False),  # UTC
    Column("finished_at", DateTime, nullable=False),
    _text("definition_before", nullable=True),
    _text("definition_after"),
    _text("on_error"),
    _text("message", nullable=True),
    *[_count(name) for name in ("records_before", "records_after", "inserted", "updated", "unchanged", "duplicate",
                                "superseded", "returned", "removed", "restored", "rejected")],
    Column("undoes", BigInteger, nullable=True),  # of a rollback: the load that it undoes
    _text("reading_before", nullable=True),
    _text("reading_after", nullable=True),
)

file_version = Table(
    "file_version", metadata,
    _id("version_id", key=True),
    _id("dataset_id"),
    _id("load_id"),  # the load that staged it
    _text("path"),
    _text("fingerprint"),
    _text("staging"),  # the staging table's name; empty for a file without a column
    _text("header"),  # JSON: the names as they match
    _text("spelling"),  # JSON: the names as the file spells them
    _text("dialect"),  # JSON
    *[_count(name) for name in ("size", "mtime_ns", "ctime_ns", "inode", "taken_ns")],
    *[_count(name) for name in ("lines", "header_lines", "skipped_lines", "blank_lines", "continuation_lines")],
    *[_count(name) for name in ("read", "unreadable", "staged")],  # read = unreadable + staged
    _text("content", nullable=True),  # hash of the bytes alone; none before a file is read again after revision 0001
    _text("reading", nullable=True),  # JSON of the reading options
    Column("pruned_at", DateTime, nullable=True),  # UTC; its rows are in staging no more
)

flip = Table(
    "flip", metadata,
    _id("load_id", key=True),
    _id("version_id", key=True),
    Column("loaded", Boolean, nullable=False),  # true: it came with this load; false: it left
)

books = Table(
    "books", metadata,
    _id("load_id", key=True),
    _id("version_id", key=True),
    _text("path"),
    *[_count(name) for name in ("read", "rejected", "inserted", "updated", "unchanged", "duplicate", "superseded")],
)

reject = Table(
    "reject", metadata,
    _id("load_id"),
    Column("version_id", BigInteger, nullable=True),  # none where the load rolled back
    _text("severity"),  # reject, problem or warning
    _text("code"),
    _text("message"),
    _text("path", nullable=True),
    Column("line", BigInteger, nullable=True),
    Column("row", BigInteger, nullable=True),
    _text("column", nullable=True),
    _text("text", nullable=True),
    _text("record", nullable=True),
    Column("byte_offset", BigInteger, nullable=True),
    _text("advice", nullable=True),
)

column = Table(
    "column", metadata,
    _id("load_id", key=True),
    _id("ordinal", key=True),
    _text("name"),
    _text("type"),
    _text("reason", nullable=True),
)

conflict = Table(
    "conflict", metadata,
    _id("load_id", key=True),
    Column("path", Text, nullable=False, primary_key=True),  # of the file that wins
    Column("other_path", Text, nullable=False, primary_key=True),
    Column("column", Text, nullable=False, primary_key=True),
    _count("keys"),
    _text("samples"),  # JSON: the first keys, with what each of the two files says
)

cell_kind = Table(
    "cell_kind",
    metadata,
    _id("version_id", key=True),
    Column(
        "cells", Text, nullable=False, primary_key=True
    ),  # digest of what decides the cells: trim, NULLs, key, declared types
    _id("place", key=True),  # of the column in its file, from 0
    _id("kinds"),  # bits, see etl.structure.kinds
    Column("integer_digits", BigInteger, nullable=True),  # counted only where a type depends on them
    Column("scale", BigInteger, nullable=True),
    Column("example_row", BigInteger, nullable=True),  # the first cell that makes the column text
    _text("example", nullable=True),  # its first 200 characters
)

output = Table(
    "output",
    metadata,
    _id("dataset_id", key=True),
    _text("path"),  # absolute
    _text("state"),  # pending or written
    _id("load_id"),
    *[_count(name) for name in ("size", "mtime_ns", "ctime_ns", "inode")],
)

hold = Table(
    "hold", metadata,
    _id("dataset_id", key=True),
    Column("path", Text, nullable=False, primary_key=True),
    Column("content", Text, nullable=False, primary_key=True),  # of the version, or its fingerprint where none is known
    _id("version_id"),
    _id("load_id"),  # the load that let it go
)

seal = Table(
    "seal", metadata,
    Column("owner", Text, nullable=False, primary_key=True),  # load, dataset, version; before: no load up to it
    _id("owner_id", key=True),
    Column("relation", Text, nullable=False, primary_key=True),  # the control table, or staging
    _count("records"),
    _text("digest"),  # of staging behind the version of DuckDB whose hash it is
)

loaded_version = Table(  # a view
    "loaded_version", MetaData(schema="etl"), *[Column(c.name, c.type) for c in file_version.columns]
)
