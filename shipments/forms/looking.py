"""Grade, sample, tie a paper to a lot."""

from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings

from provenance.coffee import words as closed
from provenance.coffee.epcis.sensors import MEASUREMENTS
from provenance.coffee.identifiers import sample_uri
from shipments import words
from shipments.forms.base import ActForm
from shipments.forms.fields import CodeField, StockField, WeightField, reason_choices
from shipments.services import looking
from shipments.services.plans import Plan, Refused

PROTOCOLS = ["SCA 2004", "SCA CVA 2024", "COE", "CQI Fine Robusta", "ECX", "house"]
SHOWN_FIRST = ("score_centi", "moisture_permille", "defects", "primary_defects", "secondary_defects")
MOST_BYTES = 10 * 1024 * 1024


class GradeForm(ActForm):
    slug = "grade"
    title = "Grade a lot"
    sign = "Sign the grading"
    intro = "Only what was measured; an empty field says nothing. Scores of different protocols are never compared."
    group = "Look"

    line = StockField(label="Lot")
    protocol = forms.ChoiceField(choices=[(name, name) for name in PROTOCOLS])
    conformant = forms.ChoiceField(
        label="Meets the grade", required=False, choices=[("", "not judged"), ("yes", "yes"), ("no", "no")]
    )

    def prepare(self) -> None:
        later = tuple(name for name in MEASUREMENTS if name not in SHOWN_FIRST)
        for name in (*SHOWN_FIRST, *later):
            measured = MEASUREMENTS[name]
            self.fields[name] = forms.DecimalField(
                label=words.result_name(name),
                required=False,
                min_value=0,
                max_value=measured.most / 10**measured.places,
                decimal_places=measured.places,
                widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 8}),
            )
        self.after = (*later, "note")

    def plan(self) -> Plan:
        answers = self.cleaned_data
        found = {
            name: int(answers[name] * 10**measured.places)
            for name, measured in MEASUREMENTS.items()
            if answers[name] is not None
        }
        if not found and not answers["conformant"]:
            raise Refused("Write at least one result.", field="score_centi")
        return looking.grade(
            party=self.desk.party,
            at=answers["at"],
            site=answers["line"].site,
            lot=answers["line"].lot,
            protocol=answers["protocol"],
            results=found,
            conformant={"yes": True, "no": False}.get(answers["conformant"]),
            note=answers["note"],
        )


class SampleForm(ActForm):
    slug = "sample"
    title = "Take a sample"
    sign = "Sign the sample"
    group = "Look"

    line = StockField(label="Lot")
    weight = WeightField(label="Weight of the sample")
    code = CodeField(
        label="Code of the sample", required=False, help_text="Empty: the sample is used up, for example in the cup."
    )

    def plan(self) -> Plan:
        answers = self.cleaned_data
        taken = self.one_line(answers["line"], answers["weight"])
        return looking.sample(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            line=taken.lines[0],
            into=sample_uri(settings.TRAIL_HOST, answers["code"]) if answers["code"] else None,
            owner=taken.owner,
            note=answers["note"],
        )


class LotsField(forms.MultipleChoiceField):
    """Some of the lots that one has, or had."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {}).update(
            invalid_choice="One of these lots is not yours.", required="Choose at least one lot."
        )
        super().__init__(widget=forms.SelectMultiple({"size": 8}), **kwargs)


class DocumentForm(ActForm):
    slug = "document"
    title = "Tie a document to lots"
    sign = "Sign the document"
    intro = (
        "The file's fingerprint (SHA-256) is signed, so anybody you give the file to can see that it is the same one. "
        "The file itself stays with you; it is not kept here."
    )
    group = "Look"

    lots = LotsField(label="Lots")
    kind = forms.ChoiceField(choices=reason_choices(closed.DOCUMENT_KINDS, words.document))
    scheme = forms.CharField(required=False, max_length=60, help_text="For example organic, Fairtrade.")
    valid_from = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    valid_to = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    file = forms.FileField(required=False, label="File")
    # Between the two pages only the fingerprint travels, not the file.
    sha256 = forms.RegexField(r"[0-9a-f]{64}", required=False, widget=forms.HiddenInput)
    media_type = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["lots"].choices = lot_choices(self)  # type: ignore[attr-defined]

    def clean(self) -> None:
        file = self.cleaned_data.get("file")
        if file is None:
            if not self.cleaned_data.get("sha256"):
                self.add_error("file", "Choose the file.")
            return
        if file.size > MOST_BYTES:
            self.add_error("file", "The file is larger than 10 MB.")
            return
        digest = sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        self.cleaned_data["sha256"] = digest.hexdigest()
        self.cleaned_data["media_type"] = (file.content_type or "application/octet-stream").lower()

    @property
    def carried(self) -> dict[str, str]:
        """What the page before signing hands on instead of the file."""
        return {name: self.cleaned_data[name] for name in ("sha256", "media_type")}

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return looking.attach_document(
            party=self.desk.party,
            at=answers["at"],
            lots=answers["lots"],
            kind=answers["kind"],
            sha256=answers["sha256"],
            media_type=answers["media_type"],
            scheme=answers["scheme"] or None,
            valid_from=answers["valid_from"],
            valid_to=answers["valid_to"],
            note=answers["note"],
        )


def lot_choices(form: ActForm) -> list[tuple[str, str]]:
    return [(lot.uri, f"{lot.code} · {words.FORMS.get(lot.form, lot.form)}") for lot in form.desk.lots]
