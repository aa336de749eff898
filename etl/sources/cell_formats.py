"""How the cells of a workbook are shown, as far as it says what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree as ET

_TIMES = frozenset((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56))  # the formats of times that need no definition
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|;.*', re.DOTALL)


@dataclass
class Formats:
    """The formats of a workbook.

    Args:
        styles: Its part of styles; None where it has none.
        since_1904: Whether its days are counted from 1904.
    """

    styles: ET.Element | None
    since_1904: bool

    def dated(self, style: str) -> bool:
        """Whether the format of a cell that is a moment shows a day.

        Args:
            style: Its number; "" where the cell says none.
        """
        place = int(style or 0)
        return place >= len(self._dated) or self._dated[place]

    @cached_property
    def _dated(self) -> tuple[bool, ...]:
        """By style: whether its format, where it is one of moments, shows a day."""
        styles = [] if self.styles is None else list(self.styles)
        codes = {found.get("numFmtId"): _shows_a_day(found.get("formatCode") or "")
                 for listed in styles if listed.tag.endswith("}numFmts") for found in listed}
        formats = [found.get("numFmtId") or "0" for listed in styles if listed.tag.endswith("}cellXfs")
                   for found in listed]
        return tuple(codes.get(form, int(form) not in _TIMES) for form in formats)


def _shows_a_day(code: str) -> bool:
    bare = _NO_CODE.sub("", code).lower()
    return "d" in bare or "y" in bare or not ("h" in bare or "s" in bare)
