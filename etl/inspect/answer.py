"""One SELECT on a warehouse, with everything else closed.

Four locks, of which each would do for most of what there is to try: the file is attached read-only; files and the
network are closed for the connection, and then its settings; the query is parsed, before anything runs, and must be one
SELECT; and it may call no table function but those of `open_functions`, since a SELECT can call some of DuckDB's own
that write a file or end the process (in 1.5 `enable_profiling`, `enable_logging`, `pandas_scan`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from etl.config import Settings
from etl.errors import QueryRefused
from etl.inspect.open_functions import OPEN
from etl.ledger.read import datasets
from etl.names import Sql, identifier, listed
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse

MOST_CELLS = 10_000_000  # of an answer: it is held in memory, about 1 GB of it
BATCH = 10_000
ROUNDED = ("INTERVAL", "TIMESTAMP_NS", "TIME_NS")  # types whose values Python would round


def query(warehouse: Path, sql: str, lock_timeout: float) -> Listing:
    """Answer one SELECT, read-only; it can reach no file but the warehouse, no network and no setting.

    Raises:
        QueryRefused: It is no SELECT or more than one, it calls what is closed, or DuckDB cannot answer it.
    """
    settings = Settings(lock_timeout=lock_timeout)
    with open_warehouse(warehouse, settings, write=False) as opened:
        _close(opened)
        try:
            statement = _one_select(opened, sql)
            return opened.worker.do(lambda: _answer(opened, sql, statement))
        except (duckdb.InterruptException, duckdb.IOException):  # of the disk, its opener speaks
            raise
        except duckdb.OutOfMemoryException as error:
            raise QueryRefused(f"The query needs more memory than the {settings.memory_limit} that it gets. Ask for "
                               "less at a time.") from error
        except duckdb.PermissionException as error:
            raise QueryRefused(f"{error}\n\nA query is answered from the warehouse alone; `etl inspect FILE` looks "
                               "into a file.") from error
        except duckdb.CatalogException as error:
            raise QueryRefused(str(error) + _there_is(opened, str(error))) from error
        except duckdb.Error as error:
            raise QueryRefused(str(error)) from error


def _close(warehouse: Warehouse) -> None:
    """Close files and the network for this connection, then its settings: none of it can be opened again."""
    warehouse.sql("SET enable_external_access = false")
    warehouse.sql("SET lock_configuration = true")


def _one_select(warehouse: Warehouse, sql: str) -> str:
    """The query as DuckDB's JSON of it, once it is known to be one SELECT that calls nothing closed."""
    if "\0" in sql or any("\ud800" <= character <= "\udfff" for character in sql):
        raise QueryRefused("The query has a NUL character, or bytes that are not UTF-8. Write it as plain text.")
    text = str(warehouse.one("SELECT json_serialize_sql(CAST($query AS VARCHAR))", {"query": sql}))
    called: list[str] = []

    def look(node: dict[str, Any]) -> dict[str, Any]:
        if node.get("type") == "TABLE_FUNCTION":
            called.append(str(node["function"]["function_name"]))
        return node

    try:
        tree = json.loads(text, object_hook=look)
    except RecursionError as error:
        raise QueryRefused("The query is nested too deeply. Write it with fewer parentheses.") from error
    if tree["error"]:
        raise _no_select(warehouse, sql, tree)
    if not tree["statements"]:
        raise QueryRefused("The query is empty. Give one SELECT.")
    if len(tree["statements"]) > 1:
        count = len(tree["statements"])
        raise QueryRefused(f"These are {count} statements. Ask one SELECT at a time; nothing was done.")
    closed = [name for name in called if name.lower() not in OPEN]
    if closed:
        raise QueryRefused(f"{closed[0]}() is closed here: a query is answered from the warehouse alone, without "
                           "files, network or settings.")
    return text


def _no_select(warehouse: Warehouse, sql: str, tree: dict[str, Any]) -> QueryRefused:
    """What to say of a query that is no SELECT, or none that can be parsed."""
    if tree["error_type"] == "parser":
        warehouse.raw.extract_statements(sql)  # raises it with the line and the place
    if "pivot" in sql.lower():
        return QueryRefused("A PIVOT is one SELECT only where its values are named, as in "
                            "PIVOT t ON c IN ('a', 'b') USING count(*). Nothing was done.")
    return QueryRefused("Only one SELECT is answered (WITH, FROM, VALUES, DESCRIBE, SUMMARIZE and SHOW are SELECTs "
                        "too), and this is something else. Nothing was done.")


def _there_is(warehouse: Warehouse, message: str) -> str:
    """The tables that there are, where a query names one that is not."""
    if "Table with name" not in message:
        return ""
    names = ", ".join(dataset.name for dataset in datasets(warehouse)) or "none"
    return f"\n\nThe tables of this warehouse: {names}. `etl status` tells more."


def _answer(warehouse: Warehouse, sql: str, statement: str) -> Listing:
    cursor = warehouse.raw.execute(sql)
    described = cursor.description or []
    headings = tuple(str(column[0]) for column in described)
    types = [str(column[1]) for column in described]
    if any(_rounded(name) for name in types):
        cursor = warehouse.raw.execute(_spelt(warehouse, statement, types))
    rows: list[tuple[Any, ...]] = []
    while batch := cursor.fetchmany(BATCH):
        rows += batch
        if len(rows) * len(headings) > MOST_CELLS:
            raise QueryRefused(f"The answer has more than {len(rows) - BATCH:,} rows, more than can be shown at once. "
                               "Ask for less, with LIMIT; `etl export` writes a whole table.")
    notes = () if rows else ("No rows.",)
    return Listing("", headings, tuple(rows), notes)


def _rounded(type_name: str) -> bool:
    return any(word in type_name for word in ROUNDED)


def _spelt(warehouse: Warehouse, statement: str, types: list[str]) -> str:
    """The same query, with the values that Python would round spelt out by DuckDB."""
    inner = str(warehouse.one("SELECT json_deserialize_sql(CAST($tree AS JSON))", {"tree": statement}))
    names = [identifier(f"c{place}") for place in range(len(types))]
    values = [Sql(f"CAST({name} AS VARCHAR)") if _rounded(type_name) else name
              for name, type_name in zip(names, types, strict=True)]
    return fill("spelt_out", values=listed(values), query=Sql(inner), names=listed(names))
