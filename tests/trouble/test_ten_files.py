"""Every policy and every contract on a folder of ten files of which three are bad in different ways."""

from __future__ import annotations

import itertools

import pytest

from trouble.home import Home

KEYED = ("--strategy", "deduplicate", "--key", "id")
POLICIES = ("abort", "skip_file", "reject_row")
CONTRACTS = ("evolve", "freeze", "discard_row")
FILES = {f"f{n:02}.csv": f"id,v\n{n}1,1\n{n}2,2\n" for n in range(10)} | {
    "f03.csv": "id,v\n31,1\n33\n32,2\n",  # a short record
    "f06.csv": "id,v,w\n61,1,more\n62,two,\n",  # a column more, and a cell of another type
    "f09.csv": "id,v\n91,1\n,9\n92,2\n",  # no key
}
SHORT, NO_KEY = ("missing_columns", "f03.csv", 3), ("null_key", "f09.csv", 3)
MORE, MISFIT = ("extra_column", "f06.csv", 2), ("contract", "f06.csv", 3)
WHOLE = ("extra_column", "f06.csv", 1)
# Per contract and policy: exit code, records, and the problems (of a failed load) or rejects; None: left out whole.
EXPECTED = {
    ("evolve", "abort"): (1, 0, [SHORT, NO_KEY]),
    ("evolve", "skip_file"): (0, 16, []),
    ("evolve", "reject_row"): (0, 20, [SHORT, NO_KEY]),
    ("freeze", "abort"): (1, 0, [SHORT, WHOLE, MISFIT, NO_KEY]),
    ("freeze", "skip_file"): (0, 14, []),
    ("freeze", "reject_row"): (1, 0, [SHORT, WHOLE, MISFIT, NO_KEY]),
    ("discard_row", "abort"): (1, 0, [SHORT, MORE, MISFIT, NO_KEY]),
    ("discard_row", "skip_file"): (0, 14, [MORE, MISFIT]),
    ("discard_row", "reject_row"): (0, 18, [SHORT, MORE, MISFIT, NO_KEY]),
}


# What such a load fails by stands first, and what it would have left out without that follows.
FIRST = {("freeze", "reject_row"): [WHOLE, MISFIT], ("discard_row", "abort"): [SHORT, NO_KEY]}


@pytest.mark.parametrize(("contract", "policy"), list(itertools.product(CONTRACTS, POLICIES)))
def test_policy_and_contract(home: Home, contract: str, policy: str) -> None:
    """Exit code, records, what was rejected or left out and where, and books that balance."""
    home.put(dict(FILES))
    code, records, expected = EXPECTED[contract, policy]
    answer = home.run(*KEYED, "--on-error", policy, "--schema-contract", contract, "--json")
    assert answer.code == code, answer.said
    load = answer.document
    kept = [row[:3] for row in home.rejects("problem" if code else "reject")]
    first = FIRST.get((contract, policy), expected)
    rest = [problem for problem in expected if problem not in first]
    assert kept == [*first, *rest]
    if code:
        assert [(p["code"], p["path"], p["line"]) for p in load["problems"]] == kept
        said = f"{len(first)} problems in {len({path for _, path, _ in first})} files."
        assert said.replace("1 files", "1 file") in load["message"]
        assert ("Rejects that it would leave out otherwise: 2." in load["message"]) == bool(rest)
        assert not home.output.exists()
        return
    assert len(home.exported()) == records == load["records"]
    left_out = {row[1] for row in home.rejects("skipped")}
    bad = {"f03.csv", "f09.csv"} | ({"f06.csv"} if contract == "freeze" else set())
    assert left_out == (bad if policy == "skip_file" else set())
    for books in load["files"]:
        assert books["read"] == books["rejected"] + books["inserted"]
        assert books["lines"] == books["header"] + books["read"]
    assert sum(books["rejected"] for books in load["files"]) == len(expected)
    assert home.run(*KEYED, "--on-error", policy, "--schema-contract", contract).code == 0
    assert len(home.exported()) == records
