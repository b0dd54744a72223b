"""Washing and drying one's own coffee."""

from typing import Any

from django import forms

from farms import words
from farms.forms.base import WeighingForm
from farms.forms.fields import AtField, NumberField, UnitField
from farms.services import drying
from farms.services.plans import Plan
from provenance.coffee.acts import Form
from provenance.coffee.steps import CHERRIES


class DryingForm(WeighingForm):
    title = "Wash or dry coffee"
    sign = "Sign this"
    places = WeighingForm.places | {"outputs": "weight", "site": "inputs"}

    inputs = forms.MultipleChoiceField(
        label="Which coffee went in?",
        widget=forms.CheckboxSelectMultiple,
        help_text="All of each lot you choose.",
        error_messages={"invalid_choice": "This is not in your stock any more."},
    )
    step = forms.ChoiceField(
        label="What did you do?",
        widget=forms.RadioSelect,
        choices=[
            ("wash_and_dry", "Pulped, washed and dried it"),
            ("honey", "Pulped it and dried it with its mucilage (honey)"),
            ("natural", "Dried it whole (natural)"),
        ],
    )
    weight = NumberField(label="How much came out, dry?", big=True)
    unit = UnitField()
    at = AtField(label="When was it weighed?")

    def prepare(self) -> None:
        self.stock = {f"{line.lot} {line.site}": line for line in self.business.stock if line.form in CHERRIES}
        self.fields["inputs"].choices = [
            (key, f"{words.kg(line.mass_mg)} {words.form(line.form)}, {line.code}") for key, line in self.stock.items()
        ]
        self.fields["unit"].offer(self.business.country, [form for form, _ in drying.WAYS.values()])

    def missing(self) -> tuple[str, str, str] | None:
        if self.stock:
            return None
        return "You have no cherry to dry. Record the harvest first.", "farms:harvest", "Record a harvest"

    def kind(self, answers: dict[str, Any]) -> Form | None:
        return drying.WAYS[answers["step"]][0] if "step" in answers else None

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return drying.dry(
            business=self.business,
            event_id=event_id,
            stocks=[self.stock[key] for key in answers["inputs"]],
            step=answers["step"],
            weight=answers["mass"],
            at=answers["at"],
        )
