"""The top floor: arguments in, exit code out.

What is slow to import (DuckDB, SQLAlchemy, Alembic, rich) is imported inside the command that needs it, so that
`--help` and a misspelt option answer at once.
"""

from etl.cli.door import main

__all__ = ["main"]
