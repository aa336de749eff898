"""What the numbers of a sheet mean: digits that a double does not keep, and serials that are days and times.

A sheet writes a double with 15 to 17 digits, and a moment as such a number of days. What differs from its text by no
more than that writing does is noise; anything else that would change is told as the text spells it.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from etl.sources.json_text import Number

Moment = date | time | timedelta
SHORT: Final = 15  # digits that a double keeps, whatever they are
_LONG: Final = 17  # and that programs write of one
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?))?")
_WRITTEN_OUT: Final = 400  # digits; what is larger or smaller keeps its exponent
_EXACT = Context(prec=80)
_DAY: Final = 86_400_000_000  # microseconds
_STEP: Final = _DAY / 2**37  # of a double that is a day of our times: 0.63 microseconds
_SURE: Final = 3e-4  # milliseconds off a whole one that are noise also after the error of a multiplication of doubles
_MOST_DAYS: Final = 1 << 22  # past every year
_LEAP_DAY: Final = 60  # the 29th of February 1900, which sheets have and that year had not
_WHOLE_DAY = re.compile("[1-9][0-9]{4}")  # behind the leap day
_BEFORE_LEAP, _1900, _1904 = map(datetime.fromisoformat, ("1899-12-31", "1899-12-30", "1904-01-01"))


def number(text: str, value: float) -> Number | str | None:
    """A number as the sheet spells it, where the double that was made of it says something else.

    The 16 or 17 digits that programs write of a double are that double.

    Returns:
        The number written out, or a text that is no number as it stands; None where the double keeps it.
    """
    if len(text) <= SHORT and "e" not in text and "E" not in text and math.isfinite(value):
        return None
    exact = _decimal(text)
    if exact is None:
        return text
    if math.isfinite(value):
        digits = len("".join(map(str, exact.as_tuple().digits)).strip("0"))
        if exact == Decimal(repr(value)) or (
                SHORT < digits <= _LONG and exact == Decimal(f"{value:.{digits - 1}e}")):
            return None
    return _spelt(exact)


def is_number(text: str) -> bool:
    """Whether a text spells a number."""
    return _NUMBER.fullmatch(text) is not None


def moment(text: str, told: Moment, *, dated: bool, since_1904: bool) -> Moment | Number | str:
    """The moment that a serial is, to a microsecond.

    Args:
        text: The serial as the sheet spells it.
        told: What kind of moment it was taken for: a duration, or any other.
        dated: Whether its format shows a day.
        since_1904: Whether the workbook counts its days from 1904.

    Returns:
        The number where no moment gives it back: below the first day, the day that 1900 had not, part of a microsecond.
    """
    serial = _decimal(text)
    if serial is None:
        return text
    micro = _microseconds(serial)
    found = None if micro is None else _of_microseconds(
        micro, duration=isinstance(told, timedelta), dated=dated, since_1904=since_1904)
    if isinstance(found, datetime) and serial == serial.to_integral_value():
        return found.date()
    return _spelt(serial) if found is None else found


def whole_day(text: str, told: Moment, *, since_1904: bool) -> bool:
    """Whether a serial is, at first sight, the day that it was taken for; arguments as of `moment`."""
    if type(told) is not date or not _WHOLE_DAY.fullmatch(text):
        return False
    return told.toordinal() == int(text) + (_1904 if since_1904 else _1900).toordinal()


def iso_moment(text: str, told: object) -> object:
    """A moment that the sheet writes as a text: that text, where the moment does not give it back."""
    if not _MOMENT.fullmatch(text) or not isinstance(told, date):
        return text
    try:
        return told if datetime.fromisoformat(text) == datetime.fromisoformat(told.isoformat()) else text
    except ValueError:
        return text


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if is_number(text) else None
    except InvalidOperation:  # an exponent past all bounds
        return None


def _spelt(exact: Decimal) -> Number:
    """A number written out; one without a fraction is an integer, as the sheet makes no difference."""
    if abs(exact.adjusted()) >= _WRITTEN_OUT:
        return Number(exact)
    text = format(exact, "f")
    return Number(text.rstrip("0").rstrip(".") if "." in text else text)


def _microseconds(serial: Decimal) -> int | None:
    """The microseconds of a serial; None where it is no whole number of them.

    The finest that spreadsheets show is a millisecond. A whole one is meant where the serial lies beside it by no more
    than a step of a double and half a unit of the last digit that is written, or of the fifteenth. Days have
    microseconds besides; a time of day is no rounded one, whose double has steps far below them.
    """
    if abs(serial) >= _MOST_DAYS:
        return None
    quick = float(serial) * (_DAY // 1000)
    if abs(quick - round(quick)) <= _SURE:
        return round(quick) * 1000
    exact = _EXACT.multiply(serial, Decimal(_DAY))
    step, last = max(_STEP, math.ulp(float(serial)) * _DAY), int(serial.as_tuple().exponent)
    fifteenth = serial.adjusted() - SHORT + 1
    rounded = 0.5 * _DAY * 10.0 ** min(last, fifteenth)
    whole = 1000 * int(_EXACT.divide(exact, Decimal(1000)).to_integral_value())
    if abs(exact - whole) <= step + rounded:
        return whole
    whole = int(exact.to_integral_value())
    return whole if abs(serial) >= 1 or abs(exact - whole) <= 0.5 * _DAY * 10.0 ** max(last, fifteenth) else None


def _of_microseconds(micro: int, *, duration: bool, dated: bool, since_1904: bool) -> Moment | None:
    """The moment so many microseconds after the first day, or that many of them; None where there is none."""
    since = timedelta(microseconds=micro)
    if duration:
        return since
    if micro < 0:
        return None
    if micro < _DAY and not dated:
        return (_1904 + since).time()
    if not since_1904 and (micro < _DAY or since.days == _LEAP_DAY):
        return None
    try:
        return (_1904 if since_1904 else _BEFORE_LEAP if since.days < _LEAP_DAY else _1900) + since
    except OverflowError:
        return None
