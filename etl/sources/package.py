"""The parts of a workbook: where its relations say that they stand, in plain UTF-8.

calamine takes parts from the places where most programs put them, and what is not UTF-8 for nothing at all. So whatever
would not be found, or not be read as it is written, is a problem with a sentence here, before calamine looks.
"""

from __future__ import annotations

import codecs
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import cached_property
from xml.etree import ElementTree as ET

from etl.sources.rich_text import texts
from etl.sources.unpack import Unreadable, whole_file

AGAIN = "Open it in the program that made it, and save it"
SAVE_AS_XLSX = "Open it in a program for spreadsheets, and save it as .xlsx"
_BOOK, _STYLES, _TEXTS = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"
_CONTENTS = "[Content_Types].xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_START = 1024  # bytes in which the declaration of a part ends
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_PIECE = 1 << 20


class Package:
    """The parts of a workbook by what they are.

    Raises:
        Unreadable: On making and in every method: a part is missing, doubled, elsewhere, or no plain XML.
    """

    def __init__(self, archive: zipfile.ZipFile, path: str) -> None:
        """Look where the workbook stands."""
        self._archive, self._path = archive, path
        self._parts: dict[str, str] = {}
        for name in archive.namelist():
            if _key(name) in self._parts:
                raise self._refused("doubled_part", f"it has the part {name} more than once", AGAIN)
            self._parts[_key(name)] = name
        self._book = self._found("officeDocument", "_rels/.rels", "", _BOOK)
        if self._book is None:
            raise self._refused("no_workbook", "the zip is no XLSX workbook: it has no part xl/workbook.xml",
                                "Give it the name of what it is")
        self._styles = self._found("styles", _RELATIONS, "xl", _STYLES)
        self._texts = self._found("sharedStrings", _RELATIONS, "xl", _TEXTS)
        for part in (self._book, self._styles, self._texts):  # calamine looks at them first
            if part is not None:
                next(self.pieces(part), None)

    @cached_property
    def book(self) -> ET.Element:
        """The workbook itself."""
        return self._xml(_BOOK)

    @cached_property
    def since_1904(self) -> bool:
        """Whether days are counted from 1904."""
        said = [found for found in self.book if found.tag.endswith("}workbookPr")]
        for how in ("date1904", "dateCompatibility"):
            for truth in (found.get(how, "0") for found in said):
                if truth not in ("0", "1", "false", "true"):
                    raise self._refused("other_days", f"how its days are counted cannot be told ({how} is {truth!r})",
                                        AGAIN)
        if any(found.get("dateCompatibility") in ("0", "false") for found in said):
            raise self._refused("other_days", "its days are counted in another way than those of other workbooks "
                                              "(dateCompatibility is off)", AGAIN)
        return any(found.get("date1904") in ("1", "true") for found in said)

    @cached_property
    def styles(self) -> ET.Element | None:
        """The formats of cells; None where the workbook has none."""
        return None if self._styles is None else self._xml(_STYLES)

    def texts(self) -> list[str]:
        """The texts that cells share, by their numbers; none where the workbook has none."""
        return [] if self._texts is None else texts(self.pieces(self._texts))

    def sheet(self, name: str) -> str:
        """The part of a sheet."""
        found = [sheet for sheet in self.book.iter() if sheet.tag.endswith("}sheet") and sheet.get("name") == name]
        if len(found) != 1:
            what = "has no" if not found else "has more than one"
            raise self._refused("no_sheet", f"its part {_BOOK} {what} sheet {name!r}", AGAIN)
        names = {value for key, value in found[0].items() if key.endswith("}id")}
        target = next((target for _, relation, target in self._relations(_RELATIONS)
                       if relation in names), None)
        if target is None:
            raise self._refused("no_sheet", f"it does not say where its sheet {name!r} stands", AGAIN)
        part, taken = self._place(target, "xl"), _taken(target)
        if _key(part) not in self._parts:
            raise self._refused("no_sheet", f"its sheet {name!r} is said to stand at {target}, where there is none",
                                AGAIN)
        if _key(taken) != _key(part):
            raise self._refused("other_place", f"its sheet {name!r} stands at {target}, which cannot be read as it is "
                                               "written", SAVE_AS_XLSX)
        return part

    def pieces(self, part: str) -> Iterator[bytes]:
        """The bytes of a part."""
        stored = self._parts.get(_key(part))
        if stored is None:
            raise self._refused("no_part", f"it has no part {part}", AGAIN)
        first = True
        with self._archive.open(stored) as xml:
            while piece := xml.read(_PIECE):
                if first:
                    self._plain(piece[:_START], part)
                    first = False
                yield piece

    def smaller(self, part: str, xml: bytearray) -> io.BytesIO:
        """The workbook with this XML as one of its parts, and without other sheets and the texts that cells share."""
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for key in (_CONTENTS, "_rels/.rels", _BOOK, _RELATIONS, _STYLES):
                if _key(key) in self._parts:
                    archive.writestr(self._parts[_key(key)], b"".join(self.pieces(key)))
            archive.writestr(self._parts[_key(part)], xml)
        whole.seek(0)
        return whole

    def _xml(self, part: str) -> ET.Element:
        whole = b"".join(self.pieces(part))
        if b"<!DOCTYPE" in whole:
            raise self._refused("doctype", f"its part {part} declares a type of document, which no workbook has", AGAIN)
        return ET.fromstring(whole)  # noqa: S314  # without such a declaration nothing can be expanded

    def _plain(self, start: bytes, part: str) -> None:
        """Refuse what calamine would not read: another encoding than UTF-8."""
        declared = _DECLARED.match(start)
        encoding = None if declared is None else declared[1].decode("ascii", "replace")
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:4]:
            encoding = "UTF-16"
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            raise self._refused("other_encoding", f"its part {part} is written in {encoding}, and only UTF-8 is read",
                                SAVE_AS_XLSX)

    def _found(self, kind: str, relations: str, base: str, usual: str) -> str | None:
        """The part of a kind; None where there is none.

        What stands at the usual place is taken, so one that the workbook does not claim as its own is refused.
        """
        said = [target for of, _, target in self._relations(relations) if of == kind]
        if not said:
            if _key(usual) in self._parts:
                raise self._refused("no_relation", f"it has a part {usual}, and its part {relations} does not name it "
                                                   f"as its {kind}", AGAIN)
            return None
        if len(said) > 1:
            raise self._refused("doubled_part", f"{relations} names {len(said)} parts of kind {kind}", AGAIN)
        part = self._place(said[0], base)
        if _key(part) != _key(usual):
            raise self._refused("other_place", f"its part of kind {kind} stands at {part}, and is read at {usual} only",
                                SAVE_AS_XLSX)
        if _key(part) in self._parts:
            return part
        if kind == "sharedStrings":  # some programs name it where no cell needs it
            return None
        raise self._refused("no_part", f"it has no part {part}", AGAIN)

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Kind, name and target of what a part says of others."""
        if _key(part) not in self._parts:
            return
        for found in self._xml(part):
            yield (found.get("Type") or "").rpartition("/")[2], found.get("Id") or "", found.get("Target") or ""

    def _place(self, target: str, base: str) -> str:
        """Where a target stands; some programs write a relative one from the root."""
        place = posixpath.normpath(posixpath.join("/" + base, target.replace("\\", "/"))).lstrip("/")
        root = posixpath.normpath(target.replace("\\", "/")).lstrip("/")
        return root if _key(place) not in self._parts and _key(root) in self._parts else place

    def _refused(self, code: str, message: str, advice: str) -> Unreadable:
        return Unreadable(whole_file(code, self._path, message, advice))


def _key(name: str) -> str:
    """Names of parts are the same in any case."""
    return name.replace("\\", "/").casefold()


def _taken(target: str) -> str:
    """Where calamine looks for a target."""
    if target.startswith("/xl/"):
        return target[1:]
    return target if target.startswith("xl/") else f"xl/{target}"
