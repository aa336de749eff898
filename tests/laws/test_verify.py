"""A target that came to be by any history is found to be the one that is built again aside."""

from __future__ import annotations

import hashlib
from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st

from etl.config import Settings
from etl.inspect import verify
from laws.histories import History, histories
from laws.laws import Scene, share, walk


def verified(scene: Scene) -> Generator[None]:
    """Nothing differs, with the files of the folder read again, and the warehouse stays as it is to the byte."""
    yield
    warehouse = scene.program.warehouse
    if scene.load is None or not scene.delivery.rebuild:
        return
    before = hashlib.sha256(warehouse.read_bytes()).digest()
    found = verify(warehouse, None, files=True, settings=Settings())
    assert found.rows == ()
    assert hashlib.sha256(warehouse.read_bytes()).digest() == before
    there = len(scene.delivery.step.folder)
    assert found.notes[-1].endswith(f": {there:,} of {len(scene.outcome.state.loaded):,} loaded files read again: "
                                    "as staged.")


@share(5)
@given(st.one_of(histories("fresh"), histories("accumulating")))
def test_what_a_history_leaves_is_verified(history: History) -> None:
    """After late, changed and gone files, changes of the definition and columns that change their type."""
    walk(history, verified)
