"""
Weights, dates, shares, lists and countries as a reader's language writes them (Unicode CLDR).

All of these make text only when it is shown, in the language of whoever it is shown to.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.epcis import to_kg


def _later(function):
    """Text that is made anew each time it is shown."""
    return lazy(function, str)


def _locale() -> Locale:
    return _locale_of(get_language() or "en")


@cache
def _locale_of(language: str) -> Locale:
    """English is that of the pages' own sentences: the day stands before the month."""
    return Locale.parse("en-GB" if language == "en" else language, sep="-")


@_later
def number(value: Decimal | float, places: int = 0) -> str:
    """Rounded, with thousands apart, without zeros that say nothing."""
    rounded = round(Decimal(str(value)), places)
    return _number(rounded.normalize() if rounded else Decimal(0), grouped=True)


@_later
def figure(said: str) -> str:
    """A figure as it was signed (``1740.5``), to its last digit."""
    return _number(Decimal(said), grouped=False)


def _number(value: Decimal, *, grouped: bool) -> str:
    return format_decimal(value, locale=_locale(), decimal_quantization=False, group_separator=grouped)


@_later
def money(amount: Decimal) -> str:
    """With its two places, as prices are written."""
    return format_decimal(round(amount, 2), format="#,##0.00", locale=_locale())


def said_kg(mass_mg: int) -> str:
    """Milligrams as the figure stands in the signed event, in kilograms."""
    text = format(to_kg(mass_mg), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@_later
def weight(mass_mg: int) -> str:
    """Milligrams as people say them: grams below a kilogram, whole kilograms from a thousand on."""
    if mass_mg < MG_PER_KG:
        return _("{figure} g").format(figure=number(Decimal(mass_mg) / 1000, 1))
    kilograms = Decimal(mass_mg) / MG_PER_KG
    return _("{figure} kg").format(figure=number(kilograms, 0 if kilograms >= 1000 else 1))


@_later
def percent(permyriad: int) -> str:
    return _("{figure} %").format(figure=number(Decimal(permyriad) / 100, 1))


@_later
def altitude(low_m: int, high_m: int) -> str:
    if low_m == high_m:
        return _("{figure} m").format(figure=number(low_m))
    return _("{low}–{high} m").format(low=number(low_m), high=number(high_m))


@_later
def listed(words: Sequence[object]) -> str:
    """a, b and c"""
    return format_list([str(word) for word in words], locale=_locale())


@_later
def day(at: date | datetime) -> str:
    return format_date(at, "long", _locale())


@_later
def day_of_year(at: date | datetime) -> str:
    return format_skeleton("MMMMd", at, locale=_locale())


@_later
def moment(at: datetime) -> str:
    """On the clock of who signed it."""
    return _("{day}, {time}").format(day=day(at), time=format_time(at, "HH:mm", locale=_locale()))


@_later
def span(first: date, last: date) -> str:
    """May 2026, or May – June 2026, or November 2025 – January 2026."""
    return format_interval(first, last, "yMMMM", locale=_locale())


@_later
def country(code: str) -> str:
    """The country of an ISO 3166-1 code; the code itself where CLDR knows none."""
    return _locale().territories.get(code, code)
