"""Grade, sample, tie a paper to a lot."""

from typing import Any
from unicodedata import normalize

from django import forms
from django.conf import settings

from provenance.coffee import words as closed
from provenance.coffee.epcis.sensors import MEASUREMENTS
from provenance.coffee.identifiers import sample_uri
from provenance.coffee.photos import MAX_CAPTION
from provenance.trail.errors import NoRoom
from provenance.trail.services.attaching.cleaning import MOST_BYTES, MOST_PAGE_BYTES, UnusableFile
from provenance.trail.services.attaching.taking import take_document, take_picture, taken
from provenance.trail.services.queries import PARTNERS, PUBLIC
from shipments import words
from shipments.forms.base import ActForm
from shipments.forms.fields import CodeField, StockField, WeightField, reason_choices
from shipments.services import looking
from shipments.services.plans import Plan, Refused

PROTOCOLS = ["SCA 2004", "SCA CVA 2024", "COE", "CQI Fine Robusta", "ECX", "house"]
SHOWN_FIRST = ("score_centi", "moisture_permille", "defects", "primary_defects", "secondary_defects")


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
        "The file is kept here, sealed, and its fingerprint (SHA-256) is signed. A PDF is kept as it is: those who "
        "deal with the lots, and auditors, can download it. A picture is made anew, without what the camera noted."
    )
    group = "Look"
    after = ("caption", "readers", "note")

    lots = LotsField(label="Lots")
    kind = forms.ChoiceField(choices=reason_choices(closed.DOCUMENT_KINDS, words.document))
    scheme = forms.CharField(required=False, max_length=60, help_text="For example organic, Fairtrade.")
    valid_from = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    valid_to = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    file = forms.FileField(
        required=False,
        label="File",
        help_text="A PDF, or a picture as JPEG, PNG or WebP; 10 MB at most.",
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png,image/webp"}),
    )
    caption = forms.CharField(
        required=False, max_length=MAX_CAPTION, label="Words under the photo", help_text="Of a photo only."
    )
    readers = forms.ChoiceField(
        required=False,
        label="Who may see the photo",
        choices=[
            ("", "not a photo"),
            (PUBLIC, "everybody, also who buys a bag"),
            (PARTNERS, "only those who trade here"),
        ],
        help_text="If people are on it, ask them first.",
    )
    # Between the two pages only the fingerprint travels: the file is kept already.
    stored = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["lots"].choices = lot_choices(self)  # type: ignore[attr-defined]

    def clean(self) -> None:
        answers = self.cleaned_data
        is_photo = answers.get("kind") == "photo"
        if is_photo and not answers.get("readers"):
            self.add_error("readers", "Who may see the photo?")
        try:
            token = self._token(is_photo)
            self.taken = taken(self.desk.party, token) if token else None
        except (UnusableFile, NoRoom) as error:
            self.add_error("file", str(error))
            return
        if self.taken is None:
            self.add_error("file", "Choose the file.")
        elif is_photo and not self.taken.is_picture:
            self.add_error("kind", "This file is no picture: choose another kind.")
        elif is_photo and self.taken.files[0].size > MOST_PAGE_BYTES:
            # It was sent as a paper, in one large size.
            self.add_error("file", "Choose the photo again.")
        else:
            # Whatever else is to be mended, the file need not be sent again.
            self.data = self.data.copy()
            self.data["stored"] = token

    def _token(self, is_photo: bool) -> str:
        upload = self.cleaned_data.get("file")
        if upload is None:
            return str(self.cleaned_data.get("stored") or "")
        # A byte more than may be kept is enough to refuse it.
        data = upload.read(MOST_BYTES + 1)
        return take_picture(self.desk.party, data) if is_photo else take_document(self.desk.party, data)

    @property
    def carried(self) -> dict[str, str]:
        """What the page before signing hands on instead of the file."""
        return {"stored": "-".join(file.sha256 for file in self.taken.files)} if self.taken else {}

    def plan(self) -> Plan:
        answers = self.cleaned_data
        assert self.taken is not None, "a form without a file is not valid"
        is_photo = answers["kind"] == "photo"
        return looking.attach_document(
            party=self.desk.party,
            at=answers["at"],
            lots=answers["lots"],
            kind=answers["kind"],
            file=self.taken,
            scheme=answers["scheme"] or None,
            valid_from=answers["valid_from"],
            valid_to=answers["valid_to"],
            caption=normalize("NFC", answers["caption"]) if is_photo else "",
            readers=answers["readers"] if is_photo else PARTNERS,
            note=answers["note"],
        )


def lot_choices(form: ActForm) -> list[tuple[str, str]]:
    return [(lot.uri, f"{lot.code} · {words.FORMS.get(lot.form, lot.form)}") for lot in form.desk.lots]
