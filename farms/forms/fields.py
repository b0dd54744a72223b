"""Fields that read weights, times and places as people write them at the scale."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from provenance.coffee import units
from provenance.coffee.acts import MG_PER_KG, Form

_NUMBER = re.compile(r"[0-9]{1,9}([.,][0-9]{1,6})?")
_DEGREES = re.compile(r"-?[0-9]{1,3}([.,][0-9]{1,14})?")
_THOUSANDS = re.compile(r"[0-9]{1,3},[0-9]{3}")
# Nobody's scale shows these to a grower, or a whole lorry does.
NOT_AT_THE_SCALE = {"g", "t"}


class NumberField(forms.CharField):
    """A number above zero; a point or a comma before its decimals. ``unit`` is shown beside it."""

    unit = ""

    def __init__(self, *, unit: str = "", big: bool = False, **kwargs: Any) -> None:
        self.unit = unit
        attrs = {"inputmode": "decimal", "autocomplete": "off"} | ({"class": "big"} if big else {})
        super().__init__(max_length=20, widget=forms.TextInput(attrs), **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        if _THOUSANDS.fullmatch(text):
            whole, rest = text.split(",")
            short = f"{whole}.{rest.rstrip('0') or '0'}"
            raise forms.ValidationError(f"Is this {short} or {whole}{rest}? Write it one of these two ways.")
        if not _NUMBER.fullmatch(text):
            raise forms.ValidationError("Write a number, like 84.5.")
        number = Decimal(text.replace(",", "."))
        if not number:
            raise forms.ValidationError("Write a number above zero.")
        return number


class DegreesField(forms.CharField):
    """Degrees of latitude (``most`` 90) or longitude (180), decimal, as a phone shows them: 6.1624, -75.56."""

    unit = "°"

    def __init__(self, most: int, **kwargs: Any) -> None:
        self.most = most
        attrs = {"inputmode": "text", "autocomplete": "off"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs), required=False, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and not _DEGREES.fullmatch(text):
            raise forms.ValidationError(
                "Write degrees as a decimal number, like 6.1624. West and south are below zero."
            )
        if text and abs(Decimal(text.replace(",", "."))) > self.most:
            raise forms.ValidationError(f"This lies between -{self.most} and {self.most}. Are the two numbers swapped?")
        # JSON knows no numbers like 06.1.
        return f"{Decimal(text.replace(',', '.')):f}" if text else ""


class UnitField(forms.ChoiceField):
    """What the scale shows; kilograms first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="Unit", initial="kg", **kwargs)
        self.labels: dict[str, str] = {}

    def offer(self, country: str, kinds: Iterable[Form]) -> None:
        """The units that are used in that country for coffee of these forms."""
        self.labels = units_in(country, set(kinds))
        self.choices = list(self.labels.items())


def units_in(country: str, kinds: set[Form]) -> dict[str, str]:
    rows = [
        row
        for row in units.MEASURES
        if (not row.countries or country in row.countries)
        and (not row.forms or row.forms & kinds)
        and row.unit not in NOT_AT_THE_SCALE
    ]
    found = {row.unit: row for row in sorted(rows, key=lambda row: row.exactness)}
    return {"kg": label_of(found.pop("kg"))} | {unit: label_of(row) for unit, row in found.items()}


def label_of(measure: units.Measure) -> str:
    if measure.unit in ("kg", "lb"):
        return measure.unit
    return f"{measure.unit} of {measure.mg / MG_PER_KG:f} kg"


class AtField(forms.DateTimeField):
    """When it happened, by the clock of the place, whose offset is signed with it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")
        errors = {"invalid": "Write day and time, like 2026-11-22 14:20."}
        super().__init__(widget=widget, initial=this_minute, error_messages=errors, **kwargs)

    def clean(self, value: Any) -> datetime:
        at: datetime = super().clean(value)
        if at.year < 2000:
            raise forms.ValidationError("Is the year right?")
        if at > timezone.now() + timedelta(minutes=10):
            raise forms.ValidationError("This lies in the future. Record what has happened.")
        return at


def this_minute() -> datetime:
    return timezone.localtime().replace(second=0, microsecond=0)


def day_field(**kwargs: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    errors = {"invalid": "Write the day, like 2026-11-22."}
    return forms.DateField(widget=widget, required=False, error_messages=errors, **kwargs)
