"""XLSX: every cell is what the XML of its sheet says, however it is written, or is a problem by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest
from trouble.home import Home

from etl.config import Reading
from etl.sources import workbook
from etl.sources.discovery import FileStat, SourceFile
from etl.sources.scan import Scan, scan
from etl.sources.sheet import Sheet, read_sheet
from etl.sources.sheet_cells import Fault
from etl.sources.unpack import Unreadable
from formats.books import DATE, HEADER, MAIN, OFFICE, book, parts_of, zipped

Parts = dict[str, str | bytes]
SHEET, BOOK, RELATIONS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRICT = {MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
          OFFICE: "http://purl.oclc.org/ooxml/officeDocument/relationships"}


def scanned() -> Scan:
    """A scan of the workbook."""
    path = Path("in/t.xlsx")
    return scan(SourceFile("t.xlsx", str(path), FileStat.of(path)), Reading())


def read(whole: bytes | None = None) -> Sheet | str:
    """The sheet, or what is wrong with its workbook."""
    if whole is not None:
        Path("in/t.xlsx").write_bytes(whole)
    found = scanned()
    if found.problem is not None:
        return str(found.problem)
    try:
        return read_sheet(found, None)
    except Unreadable as unreadable:
        return str(unreadable.problem)


def column(*cells: str) -> str:
    """Cells below the header `v`, a row each."""
    return HEADER + "".join(f'<row r="{at}">{cell}</row>' for at, cell in enumerate(cells, 2))


def value(*cells: str, **more: object) -> object:
    """What is told of the first cell below the header: its value, its fault, or what is wrong with the file."""
    book(column(*cells), **more)  # type: ignore[arg-type]  # texts or since_1904
    sheet = read()
    if isinstance(sheet, str):
        return sheet
    fault = sheet.faults.get((1, 0))
    return fault[:2] if fault else sheet.cells[1][0] if len(sheet.cells) > 1 else None


FORMULA = ("formula", "")
pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("empty", ["", "<v/>", "<v></v>", "<v><!-- none --></v>"])
@pytest.mark.parametrize("cell", [
    "<c><f>1+1</f>{}</c>", '<c t="n"><f>1+1</f>{}</c>', '<c t="b"><f>TRUE()</f>{}</c>', '<c t="s"><f>A1</f>{}</c>',
    '<c t="d"><f>NOW()</f>{}</c>', '<c><f t="shared" si="0"/>{}</c>', '<c><f t="array" ref="A2">1</f>{}</c>',
    "<c>{}<f>1+1</f></c>",
])
def test_a_formula_without_a_value_was_never_calculated(cell: str, empty: str) -> None:
    """However its empty value is spelt and whatever its kind."""
    assert value(cell.format(empty)) == FORMULA


def test_white_space_is_no_value() -> None:
    """Nor is it one of a formula; a cell without any is blank."""
    assert value("<c><f>1+1</f><v> \n</v></c>") == FORMULA
    assert value("<c><v> \n</v></c>", "<c><v>1</v></c>") == ""


def test_a_formula_whose_value_is_the_empty_text() -> None:
    """Only a text can be empty: `str` with a value; without one it was never calculated either."""
    assert value('<c t="str"><f>""</f><v></v></c>', "<c><v>1</v></c>") == ""
    assert value('<c t="str"><f>""</f></c>') == FORMULA


def test_what_openpyxl_writes_of_formulas(home: Home) -> None:
    """A formula that no program has calculated rejects its row, the last one too; each of a row is named."""
    made = openpyxl.Workbook()
    for row in (["k", "a"], [1, "=1+1"], [2, 7], ["=1", "=2"]):
        made.active.append(row)
    made.save("in/t.xlsx")
    assert home.run("--on-error", "reject_row").code == 0
    assert home.exported() == [{"k": 2, "a": 7}]
    assert home.rejects() == [("formula", "t.xlsx", 2, 1, "a", ""), ("formula", "t.xlsx", 4, 3, "k", ""),
                              ("formula", "t.xlsx", 4, 3, "a", "")]


@pytest.mark.parametrize(("cell", "told"), [
    ("<c><v>1<!-- x -->2</v></c>", "12"), ("<c><v>1<?x y?>2</v></c>", "12"),
    ("<c><v>90071992547409&#57;3</v></c>", "9007199254740993"),
    (f'<c s="{DATE}"><v>4535<!-- -->1</v></c>', "2024-02-29"),
    (f'<c s="{DATE}"><v>45351<!-- -->1</v></c>', "3141-09-01"),
    ('<c t="b"><v> 1 </v></c>', True), ("<c><is><t>told</t></is></c>", "told"),
    ('<c t="str"><v><![CDATA[a<b]]></v></c>', "a<b"), ('<c t="str"><v>a_x000D_b_x005F_x000D_</v></c>', "a\rb_x000D_"),
    ('<c t="inlineStr"><is><t> a<!-- --><![CDATA[&]]></t></is></c>', " a&"),
    ('<c t="inlineStr"><is><r><t>a </t></r><rPh><t>no</t></rPh><r><t>b</t></r></is></c>', "a b"),
    ('<c t="s"><v>1</v></c>', " one"), ('<c t="s"><v> 01 </v></c>', " one"), ('<c t="s"><v>1<!-- --></v></c>', " one"),
    ('<c t="e"><v/></c>', ("error_cell", "")), ('<c t="e"/>', ("error_cell", "")),
    ('<c foo="a>b" t="e"><v>#N/A</v></c>', ("error_cell", "#N/A")),
])
def test_a_cell_is_what_its_xml_says(cell: str, told: object) -> None:
    """Comments, references, sections of characters, runs, escapes and white space, as readers of XML take them."""
    found = value(cell, "<c><v>1</v></c>", texts=["zero", " one"])
    assert (str(found) if isinstance(told, str) else found) == told


@pytest.mark.parametrize(("cell", "said"), [
    ("<c><v><![CDATA[5]]></v></c>", "the cell A2 has the value 5, and was not found there"),
    ("<c><v>&#49;&#50;</v></c>", "the cell A2 has the value 12, and was not found there"),
    ("<c><v>1</v><v>2</v></c>", "the cell A2 has more than one value"),
    ('<c t="inlineStr"><is><t>a</t></is><is><t>b</t></is></c>', "the cell A2 has more than one value"),
    ('<c t="inlineStr"><v>5</v></c>', "the cell A2 is of the kind inlineStr and has a value in place of a text"),
    ('<c t="b"><is><t>a</t></is></c>', "the cell A2 is of the kind b and has a text in place of a value"),
    ("<c>1<v>2</v></c>", "something stands among the cells of row 2 of the sheet that is none (1)"),
    ("<c><f>1<v>2</v></f></c>", "something stands among the cells of row 2 of the sheet that is none (v)"),
    ("one two", "something stands among the cells of row 2 of the sheet that is none (one two)"),
    ('<c xmlns=""><v>1</v></c>', "something stands among the cells of row 2 of the sheet that is none (c)"),
    ("<c><v>1<x>2</x></v></c>", "something stands among the cells of row 2 of the sheet that is "),
    ('<y:c xmlns:y="urn:y"><y:v>1</y:v></y:c>', "something stands among the cells of row 2"),
    ('<c r="A1"><v>1</v></c>', "the cell A1 stands in row 2"),
    ('<c r="A2"><v>1</v></c><extLst><ext><c r="B2"><v>7</v></c></ext></extLst>', "1 more cells were found in the "),
])
def test_what_no_reading_can_be_sure_of_is_named(cell: str, said: str) -> None:
    """The cell, and why; whatever calamine took it for."""
    assert f"t.xlsx: {said}" in str(value(cell, texts=["zero"]))


@pytest.mark.parametrize(("rows", "said"), [
    (column("<c><v>1</v></c>", "<c><f>1</f><v/></c><c><f>1</f></c>"), {(2, 0), (2, 1)}),  # the last row
    (column('<c><v>1</v></c><c/><c t="e"><v>#N/A</v></c>', "<c><v>2</v></c>"), {(1, 2)}),  # right of all
    ('<row r="1"><c r="C1" t="str"><v>v</v></c></row><row r="2"><c r="B2"><f>1</f></c><c><v>1</v></c></row>',
     {(1, 0)}),  # left of all
])
def test_a_fault_outside_of_the_values_rejects_its_row(home: Home, rows: str, said: set[tuple[int, int]]) -> None:
    """Below, right and left of every value; the row is read, rejected and counted, and never blank."""
    book(rows)
    sheet = read()
    assert isinstance(sheet, Sheet)
    assert set(sheet.faults) == said
    assert home.run().code == 1
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert {line for _, _, line, *_ in home.rejects()} == {row + 1 for row, _ in said}


@pytest.mark.parametrize("cell", ['<c t="e"><v>#N/A</v></c>', "<c><f>1+1</f></c>"])
def test_a_fault_in_the_header_is_a_problem_of_the_file(home: Home, cell: str) -> None:
    """A column cannot be named by it; what stands in skipped rows is no matter."""
    rows = f'<row r="1"><c t="str"><v>a</v></c>{cell}</row><row r="2"><c><v>1</v></c><c><v>2</v></c></row>'
    book(rows)
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert "t.xlsx:1: in the header, the" in answer.error
    assert home.run("--skip-rows", "1", "--no-header").code == 0


def test_every_fault_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that no row of the table has is a problem of the file, however it came there."""
    book(column("<c><v>1</v></c>"))
    found = workbook.shaped(scanned(), Reading())
    sheet = read_sheet(found, None)
    stray = Sheet(sheet.name, sheet.cells, sheet.width, {(7, 7): Fault("error_cell", "#N/A", "")})
    monkeypatch.setattr(workbook, "read_sheet", lambda *_: stray)
    problem = workbook.rewrite(found, Path("out/t.csv")).problem
    assert problem is not None
    assert "1 cells without a value stand outside of the columns of the sheet" in str(problem)


ODD = column('<c t="e"><v>#N/A</v></c>', "<c><v>9007199254740993</v></c>", "<c><f>1+1</f></c>",
             f'<c s="{DATE}"><v>60</v></c>', '<c t="s"><v>0</v></c>')


def respelt(parts: Parts, spellings: Mapping[str, str], only: str = "") -> Parts:
    """Parts with some texts replaced by others."""
    for name, xml in parts.items():
        if isinstance(xml, str) and only in name:
            for before, after in spellings.items():
                xml = xml.replace(before, after)  # noqa: PLW2901  # once for each
            parts[name] = xml
    return parts


@pytest.mark.parametrize("change", [
    lambda parts: parts, lambda parts: respelt(parts, STRICT),
    lambda parts: respelt(parts, {'"worksheets/': '"/xl/worksheets/'}),
    lambda parts: respelt(parts, {"sheet1.xml": "Sheet1.xml"}, "rels"),
    lambda parts: respelt(parts, {"xmlns:r=": "xmlns:q=", "r:id": "q:id"}),
    lambda parts: respelt(parts, {"<": "<x:", "<x:/": "</x:", "xmlns=": "xmlns:x="}, SHEET),
    lambda parts: {**parts, SHEET: b"\xef\xbb\xbf" + str(parts[SHEET]).encode()},
], ids=["plain", "strict", "absolute", "case", "prefix", "prefixes", "bom"])
def test_every_spelling_of_a_workbook_says_the_same(change: Callable[[Parts], Parts]) -> None:
    """Strict or transitional, with targets and prefixes of any kind: faults, digits, texts and days stay."""
    sheet = read(zipped(change(parts_of(ODD, texts=["t"]))))
    assert isinstance(sheet, Sheet), sheet
    assert {at: fault[:2] for at, fault in sheet.faults.items()} == {(1, 0): ("error_cell", "#N/A"), (3, 0): FORMULA}
    assert [str(row[0]) for row in sheet.cells] == ["v", "", "9007199254740993", "", "60", "t"]


def encoded(parts: Parts, name: str, encoding: str) -> Parts:
    """Parts of which one is written in another encoding, and says so."""
    return {**parts, name: f'<?xml version="1.0" encoding="{encoding}"?>{parts[name]}'.encode(encoding)}


@pytest.mark.parametrize(("change", "said"), [
    (lambda parts: encoded(parts, SHEET, "utf-16"), f"its part {SHEET} is written in UTF-16, and only UTF-8 is read"),
    (lambda parts: encoded(parts, SHEET, "utf-16-le"), f"its part {SHEET} is written in UTF-16"),
    (lambda parts: encoded(parts, SHEET, "iso-8859-1"), f"its part {SHEET} is written in iso-8859-1"),
    (lambda parts: encoded(parts, "xl/styles.xml", "utf-16"), "its part xl/styles.xml is written in UTF-16"),
    (lambda parts: encoded(parts, "xl/sharedStrings.xml", "utf-16"), "its part xl/sharedStrings.xml is written in"),
    (lambda parts: encoded(parts, BOOK, "utf-16"), f"its part {BOOK} is written in UTF-16"),
    (lambda parts: respelt(parts, {"<worksheet": '<!DOCTYPE w [<!ENTITY e "5">]><worksheet'}),
     "it declares a type of document, which no workbook has"),
    (lambda parts: respelt(parts, {"<workbook ": "<!DOCTYPE w><workbook "}), f"its part {BOOK} declares a type"),
    (lambda parts: respelt(parts, {'"worksheets/': '"./worksheets/'}), "its sheet 'S' stands at ./worksheets/sh"),
    (lambda parts: respelt(parts, {'"worksheets/': '"other/'}), "its sheet 'S' is said to stand at other/sheet1.xml"),
    (lambda parts: respelt({k.replace(BOOK, "xl/b.xml"): v for k, v in parts.items()}, {BOOK: "xl/b.xml"}),
     "stands at xl/b.xml, and is read at xl/workbook.xml only"),
    (lambda parts: respelt({k.replace("styles", "looks"): v for k, v in parts.items()}, {"styles.xml": "looks.xml"}),
     "stands at xl/looks.xml, and is read at xl/styles.xml only"),
    (lambda parts: respelt(parts, {"/styles": "/looks"}, "rels"),
     "it has a part xl/styles.xml, and its part xl/_rels/workbook.xml.rels does not name it as its styles"),
    (lambda parts: respelt(parts, {"/sharedStrings": "/texts"}, "rels"), "it has a part xl/sharedStrings.xml"),
    (lambda parts: {name: xml for name, xml in parts.items() if name != "_rels/.rels"}, f"it has a part {BOOK}, and"),
    (lambda parts: respelt(parts, {"/worksheet": "/styles"}, "rels"), "names 2 parts of kind styles"),
    (lambda parts: respelt(parts, {"</sheets>": '<sheet name="S" sheetId="2" r:id="r1"/></sheets>'}),
     "has more than one sheet 'S'"),
    (lambda parts: {**parts, SHEET.upper(): parts[SHEET]}, "more than once"),
    (lambda parts: {name: xml for name, xml in parts.items() if name != BOOK}, "it has no part xl/workbook.xml"),
    (lambda parts: respelt(parts, {"worksheet ": "chartsheet ", "/worksheet>": "/chartsheet>"}, SHEET),
     "the sheet is a chartsheet, which has no rows"),
    (lambda parts: respelt(parts, {"sheetData": "noData"}), "the sheet has no rows to be read"),
    (lambda parts: respelt(parts, {"</sheetData>": "</sheetData><sheetData/>"}), "its rows in more than one place"),
    (lambda parts: respelt(parts, {"<workbookPr ": '<workbookPr dateCompatibility="0" '}), "dateCompatibility is off"),
])
def test_a_workbook_that_would_not_be_read_is_refused(change: Callable[[Parts], Parts], said: str) -> None:
    """Parts that are elsewhere, doubled, missing or not in UTF-8: the file and why, never rows without their faults."""
    assert said in str(read(zipped(change(parts_of(ODD, texts=["t"])))))


def test_a_part_of_texts_may_be_missing_where_no_cell_needs_it() -> None:
    """Some programs name it and do not write it; a cell that needs it is named."""
    parts = parts_of(column("<c><v>1</v></c>"))
    del parts["xl/sharedStrings.xml"]
    assert isinstance(read(zipped(parts)), Sheet)
    assert value('<c t="s"><v>0</v></c>') == ("no_such_text", "0")


def test_cells_far_off_cost_no_memory() -> None:
    """A sheet of three cells that reaches to its far corner is refused, before anything is made for those between."""
    far = '<row r="1048576"><c r="{}1048576"><v>1</v></c></row>'
    book(HEADER + far.format("NTP"))
    assert "t.xlsx: the sheet has 2 cells and reaches to NTP1048576" in str(read())
    book(HEADER + far.format("A").replace("1048576", "60000"))
    assert isinstance(read(), Sheet)


def test_two_workbooks_put_together_are_refused() -> None:
    """Of two, or of one behind something else, only the last would be read."""
    whole = zipped(parts_of(column("<c><v>1</v></c>")))
    for stored, where in ((whole + whole, "before its beginning"), (b"PK stub" + whole, "before its beginning"),
                          (whole + b"more", "behind its end")):
        assert f"not alone in its file: there is something {where}" in str(read(stored))


def _entry(whole: bytes, at: int, change: bytes) -> bytes:
    """A workbook whose directory says otherwise of its first part, as does the header before that."""
    listed = whole.index(b"PK\1\2")
    changed = bytearray(whole)
    changed[at:at + len(change)] = changed[listed + at + 2:listed + at + 2 + len(change)] = change
    return bytes(changed)


@pytest.mark.parametrize(("at", "change", "said"), [
    (6, b"\x01", "is encrypted"), (8, b"\x09", "is packed by a method that is not read (number 9, Deflate64)"),
    (14, b"\0\0\0\0", "has another checksum than the zip says of it"),
    (22, b"\x01\0\0\0", "holds more than the 1 bytes that the zip says of it"),
    (30, b"\0", "the name of a file in it holds a NUL")])
def test_parts_of_a_workbook_are_held_to_their_directory(at: int, change: bytes, said: str) -> None:
    """Whoever reads a part to its end, and whoever to the length that is said, find the same."""
    whole = zipped(parts_of(column("<c><v>1</v></c>")))
    found = read(_entry(whole, at, change)) if at != 30 else read(whole.replace(b"[Content_Types].xml",
                                                                               b"\0Content_Types].xml"))
    assert said in str(found)
    assert "t.xlsx" in str(found)
