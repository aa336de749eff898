"""XLSX: a cell that says what no cell can is named and rejects its row; nothing of a text is left out in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from trouble.home import Home

from etl.config import Reading
from etl.sources.discovery import FileStat, SourceFile
from etl.sources.json_text import Number
from etl.sources.rich_text import OddText, texts
from etl.sources.scan import scan
from etl.sources.sheet import read_sheet
from formats.books import DATE, HEADER, MAIN, OFFICE, book, parts_of, zipped

SHEET = "xl/worksheets/sheet1.xml"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
CHOICE = ('<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
          '<mc:Choice Requires="x"><t>A</t></mc:Choice><mc:Fallback><t>B</t></mc:Fallback></mc:AlternateContent>')
ODD = [  # an item, all of its characters, and what it has
    ("<t>a<b>c</b>d</t>", "acd", "an element b"), ("<t>a<x/>d</t>", "ad", "an element x"),
    ("<r><t>a</t><r><t>b</t></r></r>", "ab", "an element r"), ("<r><r><t>a</t></r></r>", "a", "an element r"),
    ("<q><t>a</t></q>", "a", "an element q"), ("<q/>", "", "an element q"),
    ("<t>k</t><q><t>a</t></q>", "ka", "an element q"),
    ("loose", "loose", "characters outside of its parts"),
    ("<r>loose<t>a</t></r>", "loosea", "characters outside of its parts"),
    ("<t>a</t>&#160;", "a\u00a0", "characters outside of its parts"),
    (CHOICE, "AB", "an element AlternateContent"),
    ('<q:t xmlns:q="urn:q">no</q:t><t>a</t>', "noa", "an element t"), ('<t xmlns="">a</t>', "a", "an element t"),
    ("<r><rPr/><q><t>b</t></q><t>a</t></r>", "ba", "an element q"),
    ("<r><rPh><t>b</t></rPh></r>", "b", "an element rPh"),
    ("<t>a</t><r><t>b</t></r><v>7</v>", "ab7", "an element v"),
]
PLAIN = [  # an item and its text
    ("<t>a</t>", "a"), ("<t/>", ""), ("", ""), ("\n <t>a</t>\n ", "a"),
    ("<r><rPr><b/><q:x xmlns:q='urn:q'>no</q:x></rPr> <t>a </t></r>\t<r><t>b</t></r>", "a b"),
    ("<t>a</t><rPh sb='0' eb='1'>no<t>no</t></rPh><phoneticPr fontId='1'/>", "a"),
    ("<rPh sb='0' eb='1'><t>no</t></rPh>", ""),
    ("<t>a</t><extLst><ext uri='u'><t>no</t><q><r><t>no</t></r></q></ext></extLst><r><t>b</t></r>", "ab"),
]


def table(*items: str, namespace: str = MAIN, prefix: str = "") -> list[str]:
    """The texts of a table of shared texts with these items."""
    whole = f'<sst xmlns="{namespace}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'
    if prefix:
        for name in ("sst", "si", "t", "r", "rPr", "rPh", "phoneticPr", "extLst"):
            for before, after in ((f"<{name}", f"<{prefix}:{name}"), (f"</{name}", f"</{prefix}:{name}")):
                for behind in " >/":
                    whole = whole.replace(before + behind, after + behind)
        whole = whole.replace("xmlns=", f"xmlns:{prefix}=", 1)
    return texts([whole.encode()])


@pytest.mark.parametrize(("namespace", "prefix"), [(MAIN, ""), (STRICT, ""), (MAIN, "y")])
def test_a_shared_text_is_all_of_its_item(namespace: str, prefix: str) -> None:
    """Looks, sounds and what programs keep beside a text are passed over in any spelling; the next item is whole."""
    found = table(*(item for item, _ in PLAIN), namespace=namespace, prefix=prefix)
    assert found == [text for _, text in PLAIN]
    assert not any(isinstance(text, OddText) for text in found)


def test_what_no_text_has_is_told_of_its_item() -> None:
    """With all of its characters; the items before and behind it are as they are."""
    found = table(*(part for item, _, _ in ODD for part in (item, "<t>next</t>")))
    told = [(str(text), text.has) for text in found if isinstance(text, OddText)]
    assert told == [(text, has) for _, text, has in ODD]
    assert found[1::2] == ["next"] * len(ODD)
    assert not any(isinstance(text, OddText) for text in found[1::2])


@pytest.mark.parametrize(("beside", "said"), [
    ("<q><t>a</t></q>", "(q)"), ("loose", "(loose)"), ('<q:si xmlns:q="urn:q"><t>a</t></q:si>', "(si)"),
    (CHOICE, "(AlternateContent)"),
])
def test_what_stands_among_shared_texts_and_is_none_is_refused(home: Home, beside: str, said: str) -> None:
    """Nobody knows whether it counts; what programs keep there does not."""
    parts = parts_of(HEADER + '<row r="2"><c t="s"><v>0</v></c></row>')
    for among, code in ((beside, 1), ("<extLst><ext><si><t>no</t></si></ext></extLst>", 0)):
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{among}<si><t>a</t></si></sst>'
        home.put({"t.xlsx": zipped(parts)})
        answer = home.run()
        assert answer.code == code
        assert code == 0 or f"something stands among its shared texts that is none {said}" in answer.error
    assert home.exported() == [{"v": "a"}]


def below(*cells: str) -> str:
    """Cells below the header `v`, a row each."""
    return HEADER + "".join(f'<row r="{at}">{cell}</row>' for at, cell in enumerate(cells, 2))


def inline(parts: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Texts in their cells."""
    return {**parts, SHEET: str(parts[SHEET]).replace("</sheetData>", "".join(
        f'<row><c t="inlineStr"><is>{item}</is></c></row>' for item, _, _ in ODD) + "</sheetData>")}


def shared(parts: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Texts that cells share."""
    items = "".join(f"<si>{item}</si>" for item, _, _ in ODD)
    return {**parts, "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{items}</sst>', SHEET: str(parts[SHEET]).replace(
        "</sheetData>", "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in range(len(ODD))) + "</sheetData>")}


@pytest.mark.parametrize("put", [inline, shared])
def test_a_text_with_more_than_a_text_rejects_its_row(
    home: Home, put: Callable[[dict[str, str | bytes]], dict[str, str | bytes]]
) -> None:
    """Wherever the text stands: each with its row and all of its characters, and why; the other rows are loaded."""
    home.put({"t.xlsx": zipped(put(parts_of(below("<c><v>1</v></c>"))))})
    answer = home.run()
    assert answer.code == 1
    assert "t.xlsx:3: v = 'acd': the text of the cell" in answer.error
    assert home.run("--on-error", "reject_row").code == 0
    assert home.exported() == [{"v": 1}]
    assert home.rejects() == [("odd_text", "t.xlsx", at, at - 1, "v", text) for at, (_, text, _) in enumerate(ODD, 3)]
    which = [""] * len(ODD) if put is inline else [
        f" (number {at} of the texts that cells share, from 0)" for at in range(len(ODD))]
    assert home.sql("SELECT message FROM w.etl.reject WHERE load_id = (SELECT max(load_id) FROM w.etl.reject) "
                    "ORDER BY line") == [
        (f"the text of the cell{number} has {has}, which no text has",)
        for number, (_, _, has) in zip(which, ODD, strict=True)]


def test_an_odd_text_that_no_cell_has_is_no_matter(home: Home) -> None:
    """Programs keep texts of cells that are gone."""
    parts = parts_of(below('<c t="s"><v>1</v></c>'))
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}"><si><q/></si><si><t>a</t></si></sst>'
    home.put({"t.xlsx": zipped(parts)})
    assert home.run().code == 0
    assert home.exported() == [{"v": "a"}]


ERRORS = ["Err:522", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#BUSY!", "#n/a", "#NV", "#N/A", " ",
          "0", "a&amp;b"]
BESIDE = ('<c t="s"><v>0</v></c>', '<c t="str"><f>A1</f><v>own</v></c>', f'<c s="{DATE}"><v>45351</v></c>',
          "<c><v>9007199254740993</v></c>", '<c t="b"><v>1</v></c>', '<c t="d"><v>2024-02-30</v></c>')
TOLD = ["one", "own", "2024-02-29", "9007199254740993", "true", "2024-02-30"]


def loaded(home: Home) -> list[str | None]:
    """What stands in the one column, as text, without the rows that are rejected."""
    answer = home.run("--on-error", "reject_row", "--column", "v=VARCHAR")
    assert answer.code == 0, answer.error
    return [row["v"] for row in home.exported()]


def test_an_error_is_one_whatever_it_is_called(home: Home) -> None:
    """Those of other programs, of newer ones and in other languages; all other cells are what they are."""
    book(below(*BESIDE, *(f'<c t="e"><v>{error}</v></c>' for error in ERRORS), "<c><v>1</v></c>"), texts=["one"])
    answer = home.run()
    assert answer.code == 1
    assert "t.xlsx:8: v = 'Err:522': the cell is in error: Err:522" in answer.error
    assert loaded(home) == [*TOLD, "1"]
    assert home.rejects() == [("error_cell", "t.xlsx", at, at - 1, "v", error.replace("&amp;", "&"))
                              for at, error in enumerate(ERRORS, 8)]


NO_TEXT = "the cell is the text of that number of the workbook, which is not there"
NO_CELLS = [  # a cell, and code, text and message of its fault
    ('<c t="b"><v>2</v></c>', "no_truth", "2", "the cell is of the kind of true and false, and is neither"),
    ('<c t="b"><f>1</f><v>yes</v></c>', "no_truth", "yes", "the cell is of the kind of true and false, and is neither"),
    ('<c t="q"><v>2</v></c>', "no_such_kind", "2", "the cell is of the kind 'q', which no cell is of"),
    ('<c t=""><v xml:space="preserve">2</v ></c>', "no_such_kind", "2",
     "the cell is of the kind '', which no cell is of"),
    ('<c t="E"><f>1</f><v>2</v></c>', "no_such_kind", "2", "the cell is of the kind 'E', which no cell is of"),
    *((f'<c t="s"><v>{number}</v></c>', "no_such_text", number, NO_TEXT)
      for number in ("1", "-1", "+0", "x", "9" * 5000)),
    ('<c t="e"><v>Err:<!-- -->5<![CDATA[2]]>2</v></c>', "error_cell", "Err:522", "the cell is in error: Err:522"),
]


def prefixed(parts: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Every element of the sheet with its namespace before its name."""
    xml = str(parts[SHEET])
    for before, after in (("<", "<x:"), ("<x:/", "</x:"), ("<x:!", "<!"), ("xmlns=", "xmlns:x=")):
        xml = xml.replace(before, after)
    return {**parts, SHEET: xml}


@pytest.mark.parametrize("spelt", [dict, prefixed])
def test_a_cell_that_cannot_be_rejects_its_row(
    home: Home, spelt: Callable[[dict[str, str | bytes]], dict[str, str | bytes]]
) -> None:
    """A truth, a kind or the number of a text: named by its row; its neighbours and the cells behind it stay."""
    parts = parts_of(below(*BESIDE, *(cell for cell, *_ in NO_CELLS), *BESIDE), texts=["one"])
    home.put({"t.xlsx": zipped(spelt(parts))})
    assert loaded(home) == [*TOLD, *TOLD]
    assert [reject[:5] for reject in home.rejects()] == [
        (code, "t.xlsx", at, at - 1, "v") for at, (_, code, *_) in enumerate(NO_CELLS, 8)]
    assert home.sql("SELECT message FROM w.etl.reject ORDER BY line") == [(said,) for *_, said in NO_CELLS]


@pytest.mark.parametrize(("cell", "code", "text", "said"), NO_CELLS)
@pytest.mark.usefixtures("home")
def test_one_such_cell_is_enough(cell: str, code: str, text: str, said: str) -> None:
    """Whatever else the sheet has: beside the one cell nothing is told otherwise."""
    book(below(cell, *BESIDE), texts=["one"])
    path = Path("in/t.xlsx")
    sheet = read_sheet(scan(SourceFile("t.xlsx", str(path), FileStat.of(path)), Reading()), None)
    assert sheet.faults == {(1, 0): (code, text, said)}
    assert sheet.cells[7][0] == "2024-02-30"
    assert sheet.cells[5][0] == Number("9007199254740993")


def test_a_cell_of_no_kind_without_a_value_is_empty(home: Home) -> None:
    """It says nothing, however its empty value is spelt."""
    book(below(*BESIDE, '<c t="q"><v/></c>', '<c t="q"><v></v></c>', '<c t="q"/>', "<c><v>1</v></c>"), texts=["one"])
    assert loaded(home) == [*TOLD, "1"]


@pytest.mark.parametrize("kind", ["", ' t="n"'])
def test_a_number_that_is_none_is_its_text(home: Home, kind: str) -> None:
    """Whether or not its cell says that it is one."""
    told = ["x", " 5 ", "1_0", "INF", "0x10"]
    book(below(*BESIDE, *(f"<c{kind}><v>{value}</v></c>" for value in told)), texts=["one"])
    assert loaded(home) == [*TOLD, *told]


def test_what_cannot_be_in_the_header_is_named(home: Home) -> None:
    """An error that only some programs know stands there like any other."""
    book('<row r="1"><c t="str"><v>a</v></c><c t="e"><v>Err:522</v></c></row><row r="2"><c><v>1</v></c></row>')
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert "t.xlsx:1: in the header, the cell is in error: Err:522" in answer.error


def test_an_error_in_a_strict_workbook_with_a_mark(home: Home) -> None:
    """The bytes before the XML, the namespace and texts of more bytes than characters move nothing."""
    parts = parts_of(below('<c t="str"><v>\u00e9\u4e2d\U0001f600</v></c>', '<c t="e"><v>#\u4e2d!</v></c>',
                           f'<c s="{DATE}"><v>45351</v></c>'))
    for name, xml in parts.items():
        parts[name] = str(xml).replace(MAIN, STRICT).replace(
            OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships")
    parts[SHEET] = b"\xef\xbb\xbf" + str(parts[SHEET]).encode()
    Path("in/t.xlsx").write_bytes(zipped(parts))
    assert loaded(home) == ["\u00e9\u4e2d\U0001f600", "2024-02-29"]
    assert home.rejects() == [("error_cell", "t.xlsx", 3, 2, "v", "#\u4e2d!")]


KEPT_BESIDE = '<extLst><ext uri="u"><v>7</v><c><v>8</v></c></ext></extLst>'


def test_what_programs_keep_in_a_cell_is_passed_over(home: Home) -> None:
    """Beside values of every kind, in a sheet on which calamine fails for it, and beside a cell that is rejected."""
    cells = [*(cell.replace("</c>", KEPT_BESIDE + "</c>") for cell in BESIDE), "<c><v>1</v><extLst/></c>"]
    book(below(*cells), texts=["one"])
    assert loaded(home) == [*TOLD, "1"]
    book(below(*cells, f'<c t="b"><v>2</v>{KEPT_BESIDE}</c>'), texts=["one"])
    assert loaded(home) == [*TOLD, "1"]
    assert home.rejects() == [("no_truth", "t.xlsx", 9, 8, "v", "2")]


@pytest.mark.parametrize(("old", "new", "said"), [
    ('date1904="0"', 'date1904=" 1 "', "how its days are counted cannot be told (date1904 is ' 1 ')"),
    ('date1904="0"', 'date1904="0" dateCompatibility="no"', "cannot be told (dateCompatibility is 'no')"),
    (f's="{DATE}"', f's=" {DATE} "', f"the cell A2 has the style ' {DATE} ', which is no number"),
])
def test_a_word_that_could_make_other_days_is_refused(home: Home, old: str, new: str, said: str) -> None:
    """White space around a truth or a number of a style is read in one way here and in another there."""
    parts = {name: xml.replace(old, new) if isinstance(xml, str) else xml for name, xml in parts_of(
        below(f'<c s="{DATE}"><v>45351</v></c>')).items()}
    home.put({"t.xlsx": zipped(parts)})
    answer = home.run()
    assert answer.code == 1
    assert said in answer.error
