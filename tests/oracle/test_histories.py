"""The oracle's histories and books are right on what was worked by hand, and it converges."""

from __future__ import annotations

from itertools import permutations

from oracle import Definition, Step, Table, derive, walk
from oracle.books import FileCounts, Kind, Outcome, TargetCounts
from oracle.tables import APPEND, DEDUPLICATE, UPDATE, table


def last(
    definition: Definition, *folders: dict[str, Table], kind: Kind = "fresh", then: Definition | None = None
) -> Outcome:
    """The last step of a history, under another definition if one is given."""
    steps = [Step(folder, definition) for folder in folders]
    if then:
        steps[-1] = Step(folders[-1], then)
    return list(walk(steps, kind))[-1]


def test_verdicts_of_update() -> None:
    """Each of the five, and one rejected."""
    old = table("k,v", "1,a", "2,b", "3,c")
    new = table("k,v", "1,a", "2,x", "2,y", "4,d", ",e")
    outcome = last(UPDATE, {"m": old}, {"m": old, "n": new})
    assert outcome.books.files == {"n": FileCounts(5, rejected=1, unchanged=1, duplicate=1, updated=1, inserted=1)}
    assert outcome.books.target == TargetCounts(3, 4, inserted=1, updated=1, unchanged=1, duplicate=1)
    late = last(UPDATE, {"m": old}, {"m": old, "a": new})
    assert late.books.files == {"a": FileCounts(5, rejected=1, superseded=3, inserted=1)}


def test_verdicts_when_a_file_leaves() -> None:
    """Keys that it alone had are removed; those with an older claim are restored."""
    first, second = table("k,v", "1,a", "2,b"), table("k,v", "2,x", "3,c")
    outcome = last(UPDATE, {"a": first, "b": second}, {"a": first})
    assert outcome.books.target == TargetCounts(3, 2, removed=1, restored=1)
    assert outcome.gone == ("b",)
    kept = last(UPDATE, {"a": first, "b": second}, {"a": first}, kind="accumulating")
    assert not kept.moved
    assert kept.books.target == TargetCounts(3, 3)


def test_a_changed_file_is_compared_under_the_new_type() -> None:
    """`N/A` leaves, the column narrows, old values are read again; a misfit differs, and `5.0` is no integer."""
    before = table("k,v,w", "1,5,5.0", "2,N/A,1", "3,,1")
    after = table("k,v,w", "1,5,5", "2,6,1", "3,,1")
    outcome = last(UPDATE, {"a": before}, {"a": after})
    assert outcome.books.files == {"a": FileCounts(3, updated=2, unchanged=1)}
    assert outcome.changed == ("a",)


def test_a_column_that_is_absent_is_null() -> None:
    """It differs from a value and equals NULL, whether it came or left."""
    wide, narrow = table("k,v", "1,x", "2,"), table("k", "1", "2")
    assert last(UPDATE, {"a": wide}, {"a": narrow}).books.files == {"a": FileCounts(2, updated=1, unchanged=1)}
    assert last(UPDATE, {"a": narrow}, {"a": wide}).books.files == {"a": FileCounts(2, updated=1, unchanged=1)}


def test_a_key_that_changes_type_keys_the_old_rows_anew() -> None:
    """Several old rows on one new key: the best represents it, the others count as removed, like a misfit."""
    texts = table("k,v", "1,a", "1.0,b", "x,c")
    numbers = table("k,v", "1,b", "2,d")
    outcome = last(UPDATE, {"a": texts}, {"a": numbers})
    assert outcome.books.target == TargetCounts(3, 2, updated=1, inserted=1, removed=2)
    fractions = table("k,v", "1.0,b", "2,d")
    outcome = last(UPDATE, {"a": texts}, {"a": fractions})
    assert outcome.books.target == TargetCounts(3, 2, unchanged=1, inserted=1, removed=2)
    outcome = last(DEDUPLICATE, {"a": texts}, {"a": fractions})
    assert outcome.books.target == TargetCounts(3, 2, updated=1, inserted=1, removed=2)


def test_append_counts_rows() -> None:
    """Every new row is inserted, those of a version that left are removed."""
    one, two, three = table("k", "1", "2"), table("k", "1"), table("k", "1", "1", "1")
    assert last(APPEND, {"a": one}, {"a": one, "b": two}).books.target == TargetCounts(2, 3, inserted=1)
    assert last(APPEND, {"a": one, "b": two}, {"a": three}).books.target == TargetCounts(3, 3, inserted=3, removed=3)


def test_another_definition() -> None:
    """Under a new key or strategy all of before is removed, what is loaded returns, what is new is inserted."""
    one, two = table("k,j", "1,1", "1,2", "2,2"), table("k,j", "2,2", "3,3")
    outcome = last(UPDATE, {"a": one}, {"a": one, "b": two}, then=Definition("update", ("j",)))
    assert outcome.books.target == TargetCounts(2, 3, inserted=2, returned=1, removed=2)
    outcome = last(UPDATE, {"a": one}, {"a": one, "b": two}, then=APPEND)
    assert outcome.books.target == TargetCounts(2, 5, inserted=2, returned=3, removed=2)
    outcome = last(APPEND, {"a": one}, {"a": one, "b": two}, then=DEDUPLICATE)
    assert outcome.books.target == TargetCounts(3, 3, inserted=1, superseded=1, returned=2, removed=3)
    outcome = last(UPDATE, {"a": one}, {"a": one}, then=Definition("update", ("k",), order_by="j", trim=False))
    assert outcome.books.target == TargetCounts(2, 2)
    turned = table("k,j", "1,3", "1,2", "2,2")
    outcome = last(UPDATE, {"a": turned}, {"a": turned}, then=Definition("update", ("k",), order_by="j"))
    assert outcome.books.target == TargetCounts(2, 2, restored=1)


def test_nothing_found() -> None:
    """A fresh run that finds no file fails and leaves all as it was; an accumulating one has nothing new."""
    one = {"a": table("k", "1")}
    assert not last(UPDATE, one, {}).found
    assert last(UPDATE, one, {}).state.loaded == one
    assert last(UPDATE, one, {}, kind="accumulating").found
    assert not last(UPDATE, {}, kind="accumulating").found


def test_the_oracle_converges() -> None:
    """Files delivered one by one in any order come to the target of all at once."""
    files = {
        "a": table("k,v,o", "1,x,3", "2,5,1", "1.0,y,", ",z,1"),
        "b/c": table("K,o,w", "1,3,true", "007,,TRUE"),
        "b": table("v,k,o", "2024-01-02,2,3", "5,9,3"),
    }
    for definition in (APPEND, UPDATE, Definition("update", ("k",), "o"), Definition("deduplicate", ("k",), "o")):
        whole = derive(files, definition)
        for order in permutations(files):
            steps = [Step({path: files[path]}, definition) for path in order]
            assert list(walk(steps, "accumulating"))[-1].target == whole
