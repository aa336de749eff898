"""The promise as laws: each holds after every step of every history.

The last two tests hold all laws in one walk: they find the most for their time. `ETL_EXAMPLES=10000` looks for long.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.warehouse import slices
from laws import laws
from laws.histories import History, histories
from laws.laws import EVERY_LAW, share, walk

EITHER = st.one_of(histories("fresh"), histories("accumulating"))


@share(4)
@given(EITHER)
def test_the_target_is_a_function_of_files_and_definition(history: History) -> None:
    """After each run, columns, types, values, lineage and export are those that the oracle derives from the files."""
    walk(history, laws.target_is_the_oracles)


@share(8)
@given(EITHER)
def test_a_load_equals_a_rebuild(history: History) -> None:
    """However a target came to be, a load of the same files in an empty place exports the same bytes."""
    walk(history, laws.load_equals_rebuild)


@share(8)
@given(EITHER)
def test_twice_is_once(history: History) -> None:
    """A second run says `nothing new` and leaves the same bytes."""
    walk(history, laws.twice_is_once)


@share(4)
@given(EITHER)
def test_the_books_balance(history: History) -> None:
    """Each new record has exactly one verdict, and the counts are the oracle's, per file and in total."""
    walk(history, laws.books_balance, laws.books_are_the_oracles)


@share(8)
@given(EITHER)
def test_a_plan_says_what_the_run_does(history: History) -> None:
    """A plan has the run's counts and columns, and leaves no trace."""
    walk(history, laws.plan_is_what_run_does)


@share(2)
@given(histories("fresh"))
def test_every_law_while_the_warehouse_follows_the_folder(history: History) -> None:
    """All laws at once over a fresh warehouse: files that are gone leave."""
    walk(history, *EVERY_LAW)


@share(2)
@given(histories("accumulating"))
def test_every_law_while_the_warehouse_accumulates(history: History) -> None:
    """All laws at once over an accumulating warehouse: files that are gone stay."""
    walk(history, *EVERY_LAW)


@share(4)
@given(EITHER)
def test_every_law_where_tables_are_read_in_slices(history: History) -> None:
    """All laws at once where even a table of two rows is cut, as large ones are: no row is in two slices or in none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "ROWS_WORTH_IT", 2)
        walk(history, *EVERY_LAW)
