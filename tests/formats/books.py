"""Workbooks made of XML by hand, for what no program writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE, MOMENT, TIME, SPAN = range(1, 5)  # styles
CODES = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "h:mm:ss", "[h]:mm:ss")
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>v</t></is></c></row>'


def parts_of(rows: str, *, since_1904: bool = False, texts: Sequence[str] = ()) -> dict[str, str | bytes]:
    """The parts of a workbook whose one sheet has this XML as its rows."""
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(CODES))
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(CODES)))
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
                               'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
                       f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(since_1904)}"/>'
                           '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">' + "".join(
            f'<Relationship Id="r{at}" Type="{OFFICE}/{kind}" Target="{part}"/>' for at, (kind, part) in enumerate((
                ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"),
                ("sharedStrings", "sharedStrings.xml")), 1)) + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs>'
                         "</styleSheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Parts as a workbook."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, xml in parts.items():
            archive.writestr(name, xml)
    return whole.getvalue()


def book(rows: str, *, since_1904: bool = False, texts: Sequence[str] = ()) -> None:
    """Write such a workbook as `in/t.xlsx`."""
    Path("in/t.xlsx").write_bytes(zipped(parts_of(rows, since_1904=since_1904, texts=texts)))
