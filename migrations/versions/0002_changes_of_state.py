"""Held contents, the bytes and the reading of a version, and what a rollback undoes.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A view keeps the columns that it was made with, so it is made again when the table gets or loses some.
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
ADDED = {"file_version": (("content", sa.Text), ("reading", sa.Text)),
         "load": (("undoes", sa.BigInteger), ("reading_before", sa.Text), ("reading_after", sa.Text))}


def upgrade() -> None:
    """Make them. The content of versions that are there is learned when their files are next read."""
    op.execute("DROP VIEW etl.loaded_version")
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True), schema="etl")
    op.execute("UPDATE etl.file_version AS version SET reading = dataset.reading FROM etl.dataset AS dataset "
               "WHERE dataset.dataset_id = version.dataset_id")
    op.create_table(
        "hold",
        sa.Column("dataset_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("version_id", sa.BigInteger, nullable=False),
        sa.Column("load_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "path", "content"),
        schema="etl",
    )
    op.execute(LOADED_VERSION)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP VIEW etl.loaded_version")
    op.drop_table("hold", schema="etl")
    for table, columns in ADDED.items():
        for name, _ in columns:
            op.drop_column(table, name, schema="etl")
    op.execute(LOADED_VERSION)
