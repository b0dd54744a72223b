"""Farms and plots."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from farms import words
from farms.forms.base import SayForm
from farms.forms.fields import DegreesField, NumberField
from farms.services import land
from farms.services.plans import Plan
from provenance.coffee import plots
from provenance.coffee.plots import BadPlot, Boundary
from provenance.trail.services.queries import PARTNERS, PUBLIC

READERS = [
    (PUBLIC, "Everybody, also who buys a bag of it"),
    (PARTNERS, "Only those who trade here, and auditors"),
]


def country_field() -> forms.ChoiceField:
    countries = sorted(words.COUNTRIES.items(), key=lambda item: item[1])
    return forms.ChoiceField(choices=[("", "Choose"), *countries])


def readers_field(label: str, help_text: str = "") -> forms.ChoiceField:
    """No answer is given beforehand: who may read a person's name is that person's to say."""
    return forms.ChoiceField(label=label, choices=READERS, widget=forms.RadioSelect, help_text=help_text)


class Pointing(SayForm):
    """A form that asks for a point; ``cleaned_data["point"]`` is a Boundary, or None where none was given."""

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        answers["point"] = None
        latitude, longitude = answers.get("latitude"), answers.get("longitude")
        if bool(latitude) != bool(longitude) and not {"latitude", "longitude"} & self.errors.keys():
            self.add_error("longitude" if latitude else "latitude", "A point needs both numbers.")
        elif latitude and longitude:
            try:
                answers["point"] = plots.parse_geojson(f'{{"type":"Point","coordinates":[{longitude},{latitude}]}}')
            except BadPlot as error:
                self.add_error("latitude", str(error).removeprefix("coordinates: "))
        return answers


class FarmForm(Pointing):
    title = "Register a farm"
    sign = "Sign and register"
    places = {"geo": "latitude"}

    name = forms.CharField(max_length=100, label="What is the farm called?")
    place = forms.CharField(
        max_length=200, label="Where is it?", help_text="Village and district: Aricha, Yirgacheffe.", required=False
    )
    country = country_field()
    readers = readers_field("Who may read its name and place?")
    latitude = DegreesField(90, help_text="Only a rough position, to about 11 km, is kept.")
    longitude = DegreesField(180)

    def prepare(self) -> None:
        if self.business.country in words.COUNTRIES:
            self.fields["country"].initial = self.business.country

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return land.register_farm(
            party=self.business.party,
            name=answers["name"],
            place=answers["place"],
            country=answers["country"],
            point=answers["point"],
            audience=answers["readers"],
        )


class PlotForm(Pointing):
    title = "Register a plot"
    sign = "Sign and register"
    intro = (
        "Give a point and the area, or an outline. Everybody may read the area and a rough position; "
        "the exact place is sealed, and only auditors may read it."
    )
    places = {"area_m2": "area", "site": "farm", "plot": "boundary"}

    farm = forms.ChoiceField(error_messages={"invalid_choice": "Choose a farm of yours."})
    name = forms.CharField(max_length=100, label="What is the plot called?", required=False)
    latitude = DegreesField(90, help_text="A point inside the plot.")
    longitude = DegreesField(180)
    area = NumberField(unit="hectares", required=False, help_text="With a point. An outline says its own area.")
    boundary = forms.CharField(
        required=False,
        strip=True,
        label="Outline as GeoJSON",
        widget=forms.Textarea({"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Paste it here, or choose a file below.",
    )
    file = forms.FileField(
        required=False,
        label="Outline as a file",
        widget=forms.FileInput({"accept": ".geojson,.json,application/geo+json,application/json"}),
    )

    def __init__(self, business: Any, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        self.both_given = self.unreadable = ""
        if data is not None and files and "file" in files:
            data = self._with_file(data.copy(), files["file"])
        super().__init__(business, data, files, **kwargs)

    def _with_file(self, data: Any, upload: UploadedFile) -> Any:
        """The file's text goes where a pasted outline goes: a browser sends a file once, and back must lose nothing."""
        if data.get("boundary", "").strip():
            self.both_given = "An outline is pasted above, too. Clear it, or choose no file."
        elif (upload.size or 0) > plots.MAX_BYTES:
            self.unreadable = "The file is larger than 256 KiB: simplify the line."
        else:
            try:
                data["boundary"] = upload.read().decode()
            except UnicodeDecodeError:
                self.unreadable = "The file is not GeoJSON: export it again as GeoJSON in UTF-8."
        return data

    def prepare(self) -> None:
        self.farms = {farm.uri: farm for farm in self.business.farms}
        self.fields["farm"].choices = [(farm.uri, farm.name) for farm in self.farms.values()]
        self.fields["farm"].initial = next(iter(self.farms), None)

    def missing(self) -> tuple[str, str, str] | None:
        if self.farms:
            return None
        return "A plot belongs to a farm, and you have not registered one yet.", "farms:farm", "Register a farm"

    def clean_boundary(self) -> Boundary | None:
        text = self.cleaned_data["boundary"]
        try:
            return plots.parse_geojson(text) if text else None
        except BadPlot as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        pointed = bool(answers.get("latitude") or answers.get("longitude"))
        if self.both_given or self.unreadable:
            self.add_error("file", self.both_given or self.unreadable)
        elif answers.get("boundary") and pointed:
            self.add_error("boundary", "Give a point or an outline, not both: clear one of them.")
        elif not (pointed or answers.get("boundary") or self.errors):
            self.add_error("latitude", "Where is the plot? Give a point here, or an outline below.")
        return answers

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return land.register_plot(
            party=self.business.party,
            farm=self.farms[answers["farm"]],
            name=answers["name"],
            boundary=answers["boundary"] or answers["point"],
            area_ha=answers["area"],
        )
