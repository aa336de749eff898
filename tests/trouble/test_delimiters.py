"""Characters that delimit or quote, and records that are rejected beside them."""

from __future__ import annotations

import pytest

from trouble.home import Home


@pytest.mark.parametrize(("text", "options"), [
    ("a-b\n1-2\n3\n4-5\n", ("--delimiter", "-")), ("a,b\n1,-2-\n3\n4,-5-\n", ("--quote", "-")),
    ("a,b\n1,2\n3\n4,5\n", ("--escape", "-"))], ids=["delimiter", "quote", "escape"])
def test_a_hyphen_of_the_dialect_rejects_a_record(home: Home, text: str, options: tuple[str, ...]) -> None:
    """The rest loads, and the books balance."""
    home.put({"d.csv": text})
    answer = home.run(*options, "--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert home.exported() == [{"a": 1, "b": 2}, {"a": 4, "b": 5}]
    assert home.rejects() == [("missing_columns", "d.csv", 3, 2, None, None)]
