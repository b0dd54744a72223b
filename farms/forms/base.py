"""
What every form of the growers' door has in common.

A form reads what was typed, and ``plan()`` hands it to one service. It holds no law: what the service and the trail
refuse is shown beside the field that it is about.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from farms.services.business import Business
from farms.services.plans import Plan, Weight
from provenance.coffee import units
from provenance.coffee.acts import Form
from provenance.coffee.errors import CoffeeError, MalformedAct

UNANSWERED = "This is not answered yet."


class AskForm(forms.Form):
    """``places``: where an act's field is asked for, where this form calls it otherwise."""

    use_required_attribute = False
    places: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = UNANSWERED

    def tell(self, error: CoffeeError) -> None:
        """Show a refusal beside its field; above the form where it is about none of them."""
        place = self.places.get(error.field, error.field)
        if place in self.fields:
            # The label stands there already.
            self.add_error(place, str(error).removeprefix(f"{self[place].label}: "))
        else:
            self.add_error(None, str(error))


class SayForm(AskForm):
    """One thing that a grower says. ``title`` heads the page, ``sign`` is on the button that signs."""

    title: ClassVar[str]
    sign: ClassVar[str]
    intro: ClassVar[str] = ""

    def __init__(
        self, business: Business, data: Any = None, files: Any = None, *, subject: Any = None, initial: Any = None
    ) -> None:
        self.business, self.subject = business, subject
        super().__init__(data, files, initial=initial)
        self.prepare()

    def prepare(self) -> None:
        """Fill in the choices that depend on the business and the subject."""

    def missing(self) -> tuple[str, str, str] | None:
        """What has to be there first: a sentence, the name of the page that mends it, and its link's text."""
        return None

    def plan(self, event_id: str) -> Plan:
        raise NotImplementedError

    def typed(self) -> Iterator[tuple[str, str]]:
        """Every answer as it was typed, to be sent again with the signature. A file is never sent again."""
        for name in self.fields:
            for value in self.data.getlist(name):
                yield name, value


class WeighingForm(SayForm):
    """A form that asks for one weight; ``cleaned_data["mass"]`` is a Weight where number and unit are right."""

    places: ClassVar[dict[str, str]] = {"number": "weight", "mass_mg": "weight", "output": "weight", "lines": "weight"}

    def kind(self, answers: dict[str, Any]) -> Form | None:
        """What is weighed: some units differ by the form of the coffee."""
        raise NotImplementedError

    def day(self, answers: dict[str, Any]) -> date:
        return answers["at"].date() if "at" in answers else timezone.localdate()

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        number, unit = answers.get("weight"), answers.get("unit")
        if number and not unit and "unit" not in self.errors:
            self.add_error("unit", UNANSWERED)
        elif number and unit:
            try:
                mass_mg = units.to_mg(number, unit, self.business.country, self.kind(answers), self.day(answers))
            except MalformedAct as error:
                self.tell(error)
            else:
                answers["mass"] = Weight(mass_mg, f"{number:f} {self.fields['unit'].labels[unit]}")
        return answers
