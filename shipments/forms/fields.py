"""Fields that read weights, times and lots as the people at the scale write them."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from provenance.coffee import units
from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.errors import MalformedAct
from shipments import words
from shipments.services.desk import StockLine
from shipments.services.plans import Weight

NOTE = "Only you and your trade partners see this. It is not in the signed words themselves."


class WeightWidget(forms.MultiWidget):
    template_name = "admin/shipments/weight.html"

    def __init__(self, choices: Iterable[tuple[str, str]], attrs: dict[str, Any] | None = None) -> None:
        number = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "class": "weight-number"})
        super().__init__(
            {"": number, "unit": forms.Select({"class": "weight-unit", "aria-label": "Unit"}, choices)}, attrs
        )

    def decompress(self, value: Weight | None) -> list[str | None]:
        return [words.plain_kg(value.mass_mg), "kg"] if value else [None, "kg"]


class WeightField(forms.MultiValueField):
    """A number and its unit; gives a Weight that remembers both."""

    def __init__(self, **kwargs: Any) -> None:
        self.measures: dict[str, units.Measure] = {}
        number = forms.DecimalField(
            min_value=Decimal("0.000001"),
            max_digits=15,
            decimal_places=6,
            error_messages={
                "invalid": "Write the weight as a number, like 84.5.",
                "min_value": "A weight is above zero.",
                "max_digits": "Fifteen digits are the most. Is the unit right?",
                "max_decimal_places": "At most six places after the point.",
            },
        )
        fields = (number, forms.ChoiceField(required=False))
        kwargs.setdefault("error_messages", {}).setdefault("required", "How much is it?")
        super().__init__(fields, widget=WeightWidget([]), **kwargs)

    def offer(self, country: str | None) -> None:
        """Let people choose among the units that are used in that country."""
        self.measures = measures_in(country)
        choices = [(unit, label_of(measure)) for unit, measure in self.measures.items()]
        self.fields[1].choices = choices
        self.widget.widgets[1].choices = choices

    def compress(self, values: list[Any]) -> Weight | None:
        number, unit = values if values else (None, None)
        if number is None:
            return None
        measure = self.measures[unit or "kg"]
        form = min(measure.forms, default=None)
        country = min(measure.countries, default=None)
        try:
            mass_mg = units.to_mg(number, measure.unit, country, form, timezone.localdate())
        except MalformedAct as error:
            raise forms.ValidationError(str(error)) from error
        return Weight(mass_mg, f"{number:f} {label_of(measure)}")


def measures_in(country: str | None) -> dict[str, units.Measure]:
    """The units of a country, kilograms first; of several rows for one unit, the narrowest."""
    here = [row for row in units.MEASURES if not row.countries or country in row.countries]
    found = {row.unit: row for row in sorted(here, key=lambda row: row.exactness)}
    return {"kg": found.pop("kg"), **found}


def label_of(measure: units.Measure) -> str:
    if measure.unit in ("g", "kg", "t", "lb"):
        return measure.unit
    return f"{measure.unit} of {measure.mg / MG_PER_KG:f} kg"


class AtField(forms.DateTimeField):
    """When it happened, by the clock of the place. The offset of that clock is signed with it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, label="When", initial=now_to_the_minute, **kwargs)

    def clean(self, value: Any) -> datetime:
        at: datetime = super().clean(value)
        if at > timezone.now() + timedelta(minutes=10):
            raise forms.ValidationError("This lies in the future. Record what has happened.")
        return at


def now_to_the_minute() -> datetime:
    return timezone.localtime().replace(second=0, microsecond=0)


class StockField(forms.ChoiceField):
    """One line of the stock; gives the StockLine."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {})["invalid_choice"] = "This lot is not in your stock any more."
        super().__init__(**kwargs)
        self.lines: dict[str, StockLine] = {}

    def offer(self, lines: Iterable[StockLine], names: Any) -> None:
        self.lines = {line.key: line for line in lines}
        described = [(key, describe(line, names)) for key, line in self.lines.items()]
        self.choices = [("", "Choose a lot"), *described]

    def clean(self, value: Any) -> StockLine | None:
        return self.lines.get(super().clean(value))


def describe(line: StockLine, name_of: Any) -> str:
    owner = "" if line.owner == line.custodian else f", owned by {name_of(line.owner)}"
    form = words.FORMS.get(line.form, line.form)
    return f"{line.code} · {form} · {words.kg(line.mass_mg)} at {name_of(line.site)}{owner}"


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Lot code")
        super().__init__(max_length=20, widget=forms.TextInput({"autocomplete": "off", "size": 16}), **kwargs)


def reason_choices(words_known: Iterable[str], say: Callable[[str], str]) -> list[tuple[str, str]]:
    """None is chosen beforehand: a hurried hand would sign the first of them."""
    return [("", "Choose"), *((word, say(word)) for word in sorted(words_known))]


def words_choices(table: dict[Any, str], *, first: str | None = None) -> list[tuple[str, str]]:
    choices = [(str(word), label) for word, label in table.items()]
    return choices if first is None else [("", first), *choices]
