"""Days of grading and seasons of harvest, in English, Spanish and Portuguese."""

import calendar
import re
from datetime import date

from shipments.imports.cells import Cell, left_out
from shipments.imports.cells.texts import is_nothing, tidy

_MONTHS = (
    "january jan enero ene janeiro",
    "february feb febrero fevereiro fev",
    "march mar marzo marco março",
    "april apr abril abr",
    "may mayo maio mai",
    "june jun junio junho",
    "july jul julio julho",
    "august aug agosto ago",
    "september sep sept septiembre setiembre setembro set",
    "october oct octubre outubro out",
    "november nov noviembre novembro",
    "december dec diciembre dic dezembro dez",
)
MONTHS = {name: month for month, names in enumerate(_MONTHS, start=1) for name in names.split()}
EARLIEST = 1990  # no list of graded lots is older

_YEAR = r"((?:19|20)\d\d)"
_SPAN = r"\s*(?:-|–|/|to|a|through|hasta)\s*"


def day(text: str, today: date) -> Cell[date]:
    """One day. A day and a month that could be either way round are not guessed."""
    said = (tidy(text).value or "").casefold()
    if is_nothing(said):
        return Cell()
    found = _day(said)
    if found is None:
        return left_out("date_not_understood", "This is not understood as one day: it is left out. Write 2026-01-31.")
    if not found.year >= EARLIEST or found > today:
        return left_out("date_unlikely", "This day lies in the future or too far back: it is left out.")
    return Cell(found)


def _day(said: str) -> date | None:
    if match := re.fullmatch(rf"{_YEAR}[-/.](\d\d?)[-/.](\d\d?)(?:[ t]\d\d:\d\d(?::\d\d)?.*)?", said):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.fullmatch(rf"([^\W\d_]+)\.? (\d\d?)(?:st|nd|rd|th)?,? {_YEAR}", said):
        return _date(int(match[3]), MONTHS.get(match[1], 0), int(match[2]))
    if match := re.fullmatch(rf"(\d\d?)(?:st|nd|rd|th)?[ -](?:de )?([^\W\d_]+)\.?,?[ -](?:de )?{_YEAR}", said):
        return _date(int(match[3]), MONTHS.get(match[2], 0), int(match[1]))
    if match := re.fullmatch(rf"(\d\d?)[-/.](\d\d?)[-/.]{_YEAR}", said):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if first == second or second > 12:
            return _date(year, first, second)
        return _date(year, second, first) if first > 12 else None
    return None


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def harvest(text: str, today: date) -> Cell[tuple[date, date]]:
    """First and last possible day of the harvest: of "2014", "2013/2014", "4T/10", "December 2009-March 2010"."""
    said = (tidy(text).value or "").casefold()
    if not said:
        return Cell()
    found = _season(said)
    if found is None:
        if any(word in MONTHS for word in re.findall(r"[^\W\d_]+", said)) and not re.search(r"\d{4}", said):
            return left_out("harvest_without_year", "Months without a year: the harvest is left out.")
        return left_out("harvest_not_understood", "This is not understood as a harvest: it is left out.")
    if not EARLIEST <= found[0].year <= today.year or found[0] > found[1]:
        return left_out("harvest_unlikely", "This harvest lies in the future or too far back: it is left out.")
    return Cell(found)


def _season(said: str) -> tuple[date, date] | None:
    if match := re.fullmatch(_YEAR, said):
        return _months(int(match[1]), 1, int(match[1]), 12)
    if (match := re.fullmatch(rf"{_YEAR}{_SPAN}{_YEAR}", said)) and int(match[2]) == int(match[1]) + 1:
        return _months(int(match[1]), 1, int(match[2]), 12)
    if (match := re.fullmatch(r"(\d\d)/(\d\d)(?: crop| harvest)?", said)) and int(match[2]) == int(match[1]) + 1:
        return _months(2000 + int(match[1]), 1, 2000 + int(match[2]), 12)
    if match := re.fullmatch(r"([1-4])\s?[tq]\s?/\s?(?:20)?(\d\d)", said):
        last = 3 * int(match[1])
        return _months(2000 + int(match[2]), last - 2, 2000 + int(match[2]), last)
    if (match := re.fullmatch(rf"([^\W\d_]+) {_YEAR}", said)) and match[1] in MONTHS:
        return _months(int(match[2]), MONTHS[match[1]], int(match[2]), MONTHS[match[1]])
    match = re.fullmatch(rf"([^\W\d_]+)(?: {_YEAR})?{_SPAN}([^\W\d_]+)\s*/?\s*{_YEAR}", said)
    if match and match[1] in MONTHS and match[3] in MONTHS:
        return _months(int(match[2] or match[4]), MONTHS[match[1]], int(match[4]), MONTHS[match[3]])
    one = _day(said)
    return (one, one) if one else None


def _months(year: int, month: int, last_year: int, last_month: int) -> tuple[date, date]:
    return date(year, month, 1), date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
