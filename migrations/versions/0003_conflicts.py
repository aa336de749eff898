"""Conflicts: keys that two files claim with different values.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the conflicts of loads that are there are not known."""
    op.create_table(
        "conflict",
        sa.Column("load_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("other_path", sa.Text, nullable=False),
        sa.Column("column", sa.Text, nullable=False),
        sa.Column("keys", sa.BigInteger, nullable=False),
        sa.Column("samples", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("load_id", "path", "other_path", "column"),
        schema="etl",
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("conflict", schema="etl")
