"""Alembic's door: runs the migrations on the connection that etl hands it, in etl's transaction."""

from __future__ import annotations

import duckdb_sqlalchemy.alembic_impl  # noqa: F401  registers the dialect with Alembic
from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="etl")
context.run_migrations()
