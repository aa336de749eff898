"""Seals: what the ledger and staging said when a load was kept.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. What is there is not sealed, for nobody knows what it said; up to which load is kept."""
    op.create_table(
        "seal",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id", "relation"),
        schema="etl",
    )
    op.execute("INSERT INTO etl.seal SELECT 'before', max(load_id), '', 0, '' FROM etl.load HAVING count(*) > 0")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("seal", schema="etl")
