"""The control tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A version is loaded when the last load that flipped it brought it.
LOADED_VERSION = """
CREATE VIEW etl.loaded_version AS
SELECT version.*
FROM etl.file_version AS version
JOIN (
    SELECT version_id, arg_max(loaded, load_id) AS loaded
    FROM etl.flip
    GROUP BY version_id
) AS last USING (version_id)
WHERE last.loaded
"""


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _maybe(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=True)


def upgrade() -> None:
    """Make them."""
    op.create_table("warehouse", _text("kind"), _text("made_by"), schema="etl")
    op.create_table(
        "dataset",
        _id("dataset_id"), _text("name"), _text("root"), _text("selection"), _text("reading"), _text("definition"),
        sa.Column("lineage", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id"),
        sa.UniqueConstraint("name"),
        schema="etl",
    )
    op.create_table(
        "load",
        _id("load_id"), _id("dataset_id"), _text("dataset"), _text("command"), _text("status"),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=False),
        _text("definition_before", nullable=True), _text("definition_after"), _text("on_error"),
        _text("message", nullable=True),
        _id("records_before"), _id("records_after"), _id("inserted"), _id("updated"), _id("unchanged"),
        _id("duplicate"), _id("superseded"), _id("returned"), _id("removed"), _id("restored"), _id("rejected"),
        sa.PrimaryKeyConstraint("load_id"),
        schema="etl",
    )
    op.create_table(
        "file_version",
        _id("version_id"), _id("dataset_id"), _id("load_id"), _text("path"), _text("fingerprint"), _text("staging"),
        _text("header"), _text("spelling"), _text("dialect"),
        _id("size"), _id("mtime_ns"), _id("ctime_ns"), _id("inode"), _id("taken_ns"),
        _id("lines"), _id("header_lines"), _id("skipped_lines"), _id("blank_lines"), _id("continuation_lines"),
        _id("read"), _id("unreadable"), _id("staged"),
        sa.PrimaryKeyConstraint("version_id"),
        schema="etl",
    )
    op.create_table(
        "flip",
        _id("load_id"), _id("version_id"), sa.Column("loaded", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("load_id", "version_id"),
        schema="etl",
    )
    op.create_table(
        "books",
        _id("load_id"), _id("version_id"), _text("path"),
        _id("read"), _id("rejected"), _id("inserted"), _id("updated"), _id("unchanged"), _id("duplicate"),
        _id("superseded"),
        sa.PrimaryKeyConstraint("load_id", "version_id"),
        schema="etl",
    )
    op.create_table(
        "reject",
        _id("load_id"), _maybe("version_id"), _text("severity"), _text("code"), _text("message"),
        _text("path", nullable=True), _maybe("line"), _maybe("row"), _text("column", nullable=True),
        _text("text", nullable=True), _text("record", nullable=True), _maybe("byte_offset"),
        _text("advice", nullable=True),
        schema="etl",
    )
    op.create_table(
        "column",
        _id("load_id"), _id("ordinal"), _text("name"), _text("type"), _text("reason", nullable=True),
        sa.PrimaryKeyConstraint("load_id", "ordinal"),
        schema="etl",
    )
    op.create_table(
        "cell_kind",
        _id("version_id"), _text("cells"), _id("place"), _id("kinds"), _maybe("integer_digits"), _maybe("scale"),
        _maybe("example_row"), _text("example", nullable=True),
        sa.PrimaryKeyConstraint("version_id", "cells", "place"),
        schema="etl",
    )
    op.create_table(
        "output",
        _id("dataset_id"), _text("path"), _text("state"), _id("load_id"),
        _id("size"), _id("mtime_ns"), _id("ctime_ns"), _id("inode"),
        sa.PrimaryKeyConstraint("dataset_id"),
        schema="etl",
    )
    op.execute(LOADED_VERSION)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP VIEW etl.loaded_version")
    for table in ("output", "cell_kind", "column", "reject", "books", "flip", "file_version", "load", "dataset",
                  "warehouse"):
        op.drop_table(table, schema="etl")
