"""Versions whose rows were pruned from staging.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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


def upgrade() -> None:
    """Make the mark; of the versions that are there, none was pruned."""
    op.execute("DROP VIEW etl.loaded_version")
    op.add_column("file_version", sa.Column("pruned_at", sa.DateTime, nullable=True), schema="etl")
    op.execute(LOADED_VERSION)


def downgrade() -> None:
    """Take it away: what was pruned stays so, and is missed like any staging table that is not there."""
    op.execute("DROP VIEW etl.loaded_version")
    op.drop_column("file_version", "pruned_at", schema="etl")
    op.execute(LOADED_VERSION)
