"""Harvest, delivery, and putting either right."""

from datetime import date
from typing import Any
from unicodedata import normalize

from django import forms
from django.utils import timezone

from farms import words
from farms.forms.base import UNANSWERED, WeighingForm
from farms.forms.fields import AtField, NumberField, UnitField, day_field
from farms.services import mending, picking
from farms.services.plans import Plan
from provenance.coffee.acts import Form
from provenance.coffee.statement import parse


class HarvestForm(WeighingForm):
    title = "Record a harvest"
    sign = "Sign this harvest"
    places = WeighingForm.places | {"harvest_start": "picked_from", "harvest_end": "picked_to", "site": "farm"}

    farm = forms.ChoiceField(error_messages={"invalid_choice": "Choose a farm of yours."})
    form = forms.ChoiceField(
        label="What did you pick?",
        choices=[("CHERRY", "Cherry"), ("DRIED_CHERRY", "Cherry dried on the tree")],
        initial="CHERRY",
        widget=forms.RadioSelect,
    )
    weight = NumberField(label="How much?", big=True)
    unit = UnitField()
    at = AtField(label="When was it weighed?")
    variety = forms.CharField(
        required=False, max_length=200, help_text="Several with commas between them: Caturra, Castillo."
    )
    picked_from = day_field(label="First day of picking")
    picked_to = day_field(label="Last day of picking")

    def prepare(self) -> None:
        self.farms = {farm.uri: farm for farm in self.business.farms}
        self.fields["farm"].choices = [(farm.uri, farm.name) for farm in self.farms.values()]
        self.fields["farm"].initial = next(iter(self.farms), None)
        self.fields["unit"].offer(self.business.country, [Form.CHERRY, Form.DRIED_CHERRY])

    def missing(self) -> tuple[str, str, str] | None:
        if self.farms:
            return None
        return "A harvest belongs to a farm, and you have not registered one yet.", "farms:farm", "Register a farm"

    def kind(self, answers: dict[str, Any]) -> Form | None:
        return Form(answers["form"]) if "form" in answers else None

    def clean_variety(self) -> list[str]:
        typed = normalize("NFC", self.cleaned_data["variety"])
        names = [" ".join(name.split()) for name in typed.split(",")]
        return list(dict.fromkeys(name for name in names if name))

    def clean_picked_from(self) -> date | None:
        return not_later(self.cleaned_data["picked_from"])

    def clean_picked_to(self) -> date | None:
        return not_later(self.cleaned_data["picked_to"])

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        start, end = answers.get("picked_from"), answers.get("picked_to")
        if end and not start and "picked_from" in answers:
            self.add_error("picked_from", "Write the first day too, or neither.")
        elif start and end and end < start:
            self.add_error("picked_to", "The last day lies before the first.")
        return answers

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return picking.harvest(
            business=self.business,
            event_id=event_id,
            farm=self.farms[answers["farm"]],
            at=answers["at"],
            form=Form(answers["form"]),
            weight=answers["mass"],
            variety=answers["variety"],
            picked=(answers["picked_from"], answers["picked_to"]),
        )


class DeliveryForm(WeighingForm):
    title = "Deliver coffee"
    sign = "Sign this delivery"
    places = WeighingForm.places | {"to_party": "station", "to_site": "station", "site": "lot"}

    lot = forms.ChoiceField(
        label="Which coffee?",
        error_messages={"invalid_choice": "This is not in your stock any more."},
    )
    weight = NumberField(label="How much?", big=True)
    unit = UnitField()
    station = forms.ChoiceField(
        label="To whom?",
        error_messages={"invalid_choice": "Choose one of the stations in the list."},
    )
    title_passes = forms.ChoiceField(
        label="Whose is it when they have taken it in?",
        choices=[("yes", "Theirs: they buy it"), ("no", "Still mine: they keep or process it for me")],
        initial="yes",
        widget=forms.RadioSelect,
    )
    bags = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        label="How many bags?",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Write a whole number, like 3.", "min_value": "Write 1 or more, or leave it empty."},
    )
    at = AtField(label="When does it leave?")

    def prepare(self) -> None:
        # Named by lot and place: a balance's own number would not survive a rebuild.
        self.stock = {f"{line.lot} {line.site}": line for line in self.business.stock}
        self.stations = {station.site: station for station in self.business.stations}
        described = [
            (key, f"{words.kg(line.mass_mg)} {words.form(line.form)}, {line.code}") for key, line in self.stock.items()
        ]
        self.fields["lot"].choices = described
        self.fields["station"].choices = [
            ("", "Choose"),
            *((station.site, station.name) for station in self.stations.values()),
        ]
        kinds = {Form(line.form) for line in self.stock.values() if line.form}
        self.fields["unit"].offer(self.business.country, kinds)

    def missing(self) -> tuple[str, str, str] | None:
        if not self.stock:
            return "You have no coffee to deliver. Record the harvest first.", "farms:harvest", "Record a harvest"
        if not self.stations:
            return "No washing station or mill is registered here yet. Ask yours to join.", "farms:home", "Back"
        return None

    def kind(self, answers: dict[str, Any]) -> Form | None:
        line = self.stock.get(answers.get("lot", ""))
        return Form(line.form) if line and line.form else None

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return picking.deliver(
            business=self.business,
            stock=self.stock[answers["lot"]],
            weight=answers["mass"],
            station=self.stations[answers["station"]],
            at=answers["at"],
            title=answers["title_passes"] == "yes",
            bags=answers["bags"],
        )


class CorrectForm(WeighingForm):
    title = "Correct this"
    sign = "Sign the correction"
    intro = (
        "What you signed stays, with this correction beside it. If the lot, the place or the other side was wrong, "
        "say that it did not happen and record it anew."
    )

    reason = forms.ChoiceField(label="What was wrong?", widget=forms.RadioSelect)
    weight = NumberField(label="The right weight", big=True, required=False)
    unit = UnitField(required=False)

    def prepare(self) -> None:
        self.act = parse(bytes(self.subject.statement)).body
        self.weighed = mending.weight_of(self.act)
        reasons = [("did_not_occur", "It did not happen")]
        if self.weighed:
            reasons.insert(0, ("incorrect_data", "The weight is wrong"))
            self.lot_form = Form(self.business.forms_of([self.weighed[0]])[self.weighed[0]])
            self.fields["unit"].offer(self.business.country, [self.lot_form])
            self.fields["weight"].help_text = f"Recorded: {words.kg(self.weighed[1])}. Only where the weight is wrong."
        else:
            del self.fields["weight"], self.fields["unit"]
        self.fields["reason"].choices = reasons
        self.fields["reason"].initial = reasons[0][0]

    def kind(self, answers: dict[str, Any]) -> Form | None:
        return self.lot_form

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        weighed_anew = bool(answers.get("weight")) or "weight" in self.errors
        if answers.get("reason") == "incorrect_data" and not weighed_anew:
            self.add_error("weight", UNANSWERED)
        if answers.get("reason") == "did_not_occur" and weighed_anew:
            self.add_error("reason", "You entered a weight too. Say that the weight is wrong, or leave it empty.")
        return answers

    def plan(self, event_id: str) -> Plan:
        right = self.cleaned_data["mass"] if self.cleaned_data["reason"] == "incorrect_data" else None
        noticed = timezone.localtime().replace(microsecond=0)
        return mending.correct(party=self.business.party, event=self.subject, at=noticed, right=right)


def not_later(day: date | None) -> date | None:
    if day and day > timezone.localdate():
        raise forms.ValidationError("This lies in the future.")
    return day
