"""The types that held versions that left: types narrow when files leave, and a key is asked for as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.config import Definition
from etl.ledger.read import StoredDataset, kept
from etl.names import Sql, matched
from etl.sql_files import fill
from etl.structure.cells import stated_types
from etl.structure.declared import Declared, parsed
from etl.warehouse import Warehouse

Kinds = tuple[Declared, ...]


@dataclass(frozen=True, slots=True)
class Era:
    """Types that some columns had while versions were loaded which are not any more; those are in temp table `era`."""

    number: int
    kinds: Kinds

    @property
    def held(self) -> Sql:
        """Whether a row of the relation of claimants is of a version that was loaded then."""
        return Sql(f"s._version IN (SELECT version_id FROM temp.era WHERE number = {self.number})")


def eras(warehouse: Warehouse, dataset: StoredDataset, names: Sequence[str]) -> tuple[Era, ...]:
    """The types that these columns had, with temp table `era`: the versions that left and were loaded under each.

    Args:
        names: As they match; a load after which one of them was not there is none that counts.
    """
    numbers: dict[Kinds, int] = {}
    typed: dict[int, int] = {}
    for load, definition, shown, types in warehouse.sql(fill("held_types"), {"dataset": dataset.dataset_id}):
        there = dict(zip(map(matched, shown), types, strict=True))
        if set(names) <= set(there):
            stated = stated_types(kept(warehouse, "load", load, "definition_after", Definition.parse, definition))
            kinds = tuple(parsed(stated.get(name, there[name])) for name in names)
            typed[load] = numbers.setdefault(kinds, len(numbers))
    warehouse.sql(fill("eras"), {"loads": list(typed), "numbers": list(typed.values())})
    held = {int(row[0]) for row in warehouse.sql("SELECT DISTINCT number FROM temp.era")}
    return tuple(Era(number, kinds) for kinds, number in numbers.items() if number in held)
