"""What a person states, kept as text and read back; and the names of the Python door."""

from __future__ import annotations

import dataclasses
import inspect
import json
from dataclasses import asdict, replace

from hypothesis import given, settings
from hypothesis import strategies as st

import etl
from etl.config import STRATEGIES, Definition, Reading, Selection

LOOK_LONGER = settings(max_examples=10 * settings.default.max_examples)

pairs = st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)
words = st.lists(st.text(), max_size=3).map(tuple)
contracts = st.sampled_from(["evolve", "freeze", "discard_row"])
definitions = st.builds(
    Definition, strategy=st.sampled_from(STRATEGIES), key=words, order_by=st.none() | st.text(),
    names=st.sampled_from(["lower", "keep"]), trim=st.booleans(), nulls=words, columns=pairs, contract=contracts,
    frozen=pairs,
)
character = st.none() | st.characters()
readings = st.builds(
    Reading, delimiter=character, quote=character, escape=character, encoding=st.none() | st.text(),
    header=st.booleans(), skip_rows=st.integers(0, 9), max_cell_lines=st.integers(1, 99),
)
selections = st.builds(Selection, st.none() | st.text(), words, words, words)


@LOOK_LONGER
@given(definition=definitions)
def test_a_definition_comes_back(definition: Definition) -> None:
    """What `canonical` writes, `parse` reads, and writing it again gives the same ASCII text."""
    text = definition.canonical()
    assert Definition.parse(text) == definition
    assert Definition.parse(text).canonical() == text
    assert text.isascii()


@given(a=definitions, b=definitions)
def test_definitions_are_equal_as_their_texts_are(a: Definition, b: Definition) -> None:
    """Two definitions have one text if, and only if, they are equal."""
    assert (a.canonical() == b.canonical()) == (a == b)


@given(a=readings, b=readings)
def test_readings_are_equal_as_their_texts_are(a: Reading, b: Reading) -> None:
    """Two ways of reading have one text if, and only if, they are equal; the text gives the reading back."""
    assert (a.canonical() == b.canonical()) == (a == b)
    assert Reading(**json.loads(a.canonical())) == a
    assert a.canonical().isascii()


def test_the_texts_of_the_defaults_stay() -> None:
    """They stand in warehouses and fingerprints: another text would have every file of everyone loaded again."""
    assert Reading().canonical() == (
        '{"delimiter": null, "encoding": null, "escape": null, "header": true, "max_cell_lines": 20, "quote": null, '
        '"skip_rows": 0}')
    assert Definition().canonical() == (
        '{"columns": [], "contract": "evolve", "frozen": [], "key": [], "names": "lower", "nulls": [], '
        '"order_by": null, "strategy": "append", "trim": true}')


@given(selection=selections)
def test_a_selection_comes_back(selection: Selection) -> None:
    """What is kept of a selection is the selection."""
    assert Selection.parse(json.dumps(asdict(selection))) == selection


@given(definition=definitions, order_by=st.none() | st.text(), names=st.sampled_from(["lower", "keep"]))
def test_the_digest_of_cells_is_of_what_decides_them(definition: Definition, order_by, names) -> None:
    """The order of rows, the form of names and the order of what is listed change no cell; trimming and NULLs do."""
    digest = definition.cells_digest()
    same = replace(definition, order_by=order_by, names=names, nulls=definition.nulls[::-1],
                   columns=definition.columns[::-1])
    assert same.cells_digest() == digest
    assert replace(definition, trim=not definition.trim).cells_digest() != digest
    assert replace(definition, nulls=(*definition.nulls, "another")).cells_digest() != digest
    assert replace(definition, columns=(*definition.columns, ("a", "BIGINT"))).cells_digest() != digest
    if definition.keyed:
        assert replace(definition, key=(*definition.key, "another")).cells_digest() != digest


def test_the_door_has_these_names() -> None:
    """What others may import is this list: a name is added or taken away on purpose."""
    assert sorted(etl.__all__) == [
        "BooksDoNotBalance", "Dataset", "EtlError", "ExportPending", "FileBooks", "Listing", "Load", "LoadFailed",
        "OpenWarehouse", "Problem", "QueryRefused", "Settings", "SourceMissing", "StorageError", "TargetBooks",
        "TargetColumn", "UsageError", "WarehouseError", "WarehouseKind", "WarehouseLocked", "WarehouseNewer",
        "__version__", "open", "run",
    ]


def test_every_name_of_the_door_says_what_it_is() -> None:
    """Each public class, function, method and property has a docstring of its own."""
    bare = []
    for name in etl.__all__:
        thing = getattr(etl, name)
        if isinstance(thing, str):
            continue
        # A dataclass without a docstring is given its signature as one.
        if not thing.__doc__ or (dataclasses.is_dataclass(thing) and thing.__doc__.startswith(f"{name}(")):
            bare.append(name)
        if inspect.isclass(thing):
            bare += [f"{name}.{member}" for member, value in vars(thing).items()
                     if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
                     and not value.__doc__]
    assert bare == []


def test_every_error_hangs_on_the_root() -> None:
    """Whoever catches `EtlError` catches every error that the package raises on purpose; each has its exit code."""
    errors = [thing for thing in vars(etl).values() if inspect.isclass(thing) and issubclass(thing, BaseException)]
    assert all(issubclass(error, etl.EtlError) for error in errors)
    codes = {error.__name__: error.exit_code for error in errors if error.exit_code != 1}
    assert codes == {"UsageError": 2, "WarehouseKind": 2, "ExportPending": 3}
