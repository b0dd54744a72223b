"""Take in, refuse, send, make over."""

from typing import Any

from django import forms
from django.utils import timezone

from provenance.coffee import words as closed
from provenance.coffee.acts import Attributes, Form, LossKind
from provenance.coffee.identifiers import lot_code_of
from provenance.trail.models import Lot
from shipments import words
from shipments.forms.base import ActForm, LotRow, NamedLotRow, Rows
from shipments.forms.fields import NOTE, CodeField, WeightField, reason_choices, words_choices
from shipments.services import moving
from shipments.services.desk import Delivery, Desk
from shipments.services.lots import draw_code, inherited, new_lot
from shipments.services.plans import Plan, Weight

NEW = "new"
PRICE = "For example 2.10 USD/kg. " + NOTE
PROCESSES = [("", "not said"), *((word, word) for word in ("washed", "natural", "honey", "wet-hulled", "anaerobic"))]


class ArrivalRow(NamedLotRow):
    """One lot of a load that is on its way."""

    sent = WeightField(label="Sent with this load", required=False)
    weighed = WeightField(label="Weighed here", required=False)
    key = ("weighed",)

    def clean(self) -> None:
        if self.cleaned_data.get("weighed") and not self.cleaned_data.get("sent") and "sent" not in self.errors:
            self.cleaned_data["sent"] = self.cleaned_data["weighed"]


class PouringForm(ActForm):
    """Acts whose coffee may go into a day-lot."""

    into = forms.ChoiceField(label="Pour into", required=False)
    day_lot_code = CodeField(label="Code of the new day-lot", required=False)
    bags = forms.IntegerField(label="Number of bags", required=False, min_value=1, max_value=10**6)
    moisture = forms.DecimalField(label="Moisture, %", required=False, min_value=1, max_value=100, decimal_places=1)

    def prepare(self) -> None:
        open_lots = [(lot.uri, f"day-lot {lot.code} ({words.FORMS[Form(lot.form)]})") for lot in self.desk.day_lots]
        self.fields["into"].choices = [
            ("", "nothing: it stays a lot of its own"),
            *open_lots,
            (NEW, "a new day-lot"),
        ]
        self.fields["day_lot_code"].initial = draw_code(timezone.localdate())

    @property
    def moisture_permille(self) -> int | None:
        moisture = self.cleaned_data["moisture"]
        return None if moisture is None else int(moisture * 10)

    def pour(self, form: Form, attributes: Attributes) -> moving.Pour | None:
        chosen = self.cleaned_data["into"]
        if not chosen:
            return None
        if chosen == NEW:
            return moving.Pour(
                new_lot(self.cleaned_data["day_lot_code"], form, party=self.desk.party), form, attributes
            )
        return moving.Pour(chosen, Form(Lot.objects.get(uri=chosen).form), Attributes())


def what_was_sent(form: ActForm) -> str:
    """So that nobody takes one farmer's bags for another's."""
    sent, desk = form.subject, form.desk
    lots = ", ".join(f"{words.kg(mass_mg)} of {lot_code_of(lot)}" for lot, mass_mg in sent.rest.items())
    return f"{desk.name(sent.from_party)} sent {lots} to {desk.name(sent.to_site or sent.to_party)}."


class ReceiveForm(PouringForm):
    slug = "receive"
    title = "Receive a delivery"
    sign = "Sign the receipt"
    intro = (
        "Write what your own scale shows. If only a part has come, write how much was sent with this load; "
        "the rest stays on its way. Leave a lot empty that has not come."
    )
    about = "delivery"
    tables = {"arrivals": Rows(ArrivalRow, "What has come", least=1, fixed=True)}

    site = forms.ChoiceField(label="Received at")
    difference = forms.ChoiceField(
        label="If the weights differ, why",
        choices=words_choices(words.LOSSES),
        initial=LossKind.WEIGHING_DIFFERENCE.value,
    )
    field_order = ["at", "site", "difference", "into", "day_lot_code", "bags", "moisture"]

    answers_to = property(what_was_sent)

    @classmethod
    def find(cls, desk: Desk, ref: str) -> Delivery | None:
        return desk.delivery(f"urn:uuid:{ref}")

    def prepare(self) -> None:
        super().prepare()
        offer_sites(self)
        if self.subject.to_site:
            self.fields["site"].initial = self.subject.to_site

    def row_initials(self, name: str) -> list[dict[str, Any]]:
        return [{"lot": lot, "sent": Weight(mass_mg)} for lot, mass_mg in self.subject.rest.items()]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        arrivals = [moving.Arrival(row["lot"], row["sent"].mass_mg, row["weighed"]) for row in self.filled("arrivals")]
        lots = [arrival.lot for arrival in arrivals]
        forms_of = {lot.form for lot in self.desk.codes(lots).values()} or {Form.CHERRY.value}
        return moving.receive(
            party=self.desk.party,
            at=answers["at"],
            site=answers["site"],
            delivery=self.subject,
            arrivals=arrivals,
            difference=LossKind(answers["difference"]),
            into=self.pour(Form(min(forms_of)), inherited(lots)),
            bags=answers["bags"],
            moisture_permille=self.moisture_permille,
            note=answers["note"],
        )


class TakeInForm(PouringForm):
    slug = "take-in"
    title = "Take in coffee that nobody announced"
    sign = "Sign the receipt"
    intro = "A lot begins here. Pages will say that what came before is not recorded."
    group = "Take in"

    site = forms.ChoiceField(label="Received at")
    code = CodeField(label="Lot code of this delivery")
    form = forms.ChoiceField(label="What is it", choices=words_choices(words.FORMS), initial=Form.CHERRY.value)
    weight = WeightField(label="Weight")
    from_party = forms.ChoiceField(label="Brought by", required=False)
    title_passes = forms.BooleanField(label="It is ours from now on", required=False, initial=True)
    species = forms.ChoiceField(choices=[("", "not said"), *((s, s) for s in sorted(closed.SPECIES))], required=False)
    variety = forms.CharField(required=False, max_length=60, help_text="Several with commas between.")
    process = forms.ChoiceField(choices=PROCESSES, required=False)
    price = forms.CharField(required=False, max_length=100, help_text=PRICE)
    field_order = [
        "at", "site", "code", "form", "weight", "from_party", "into", "day_lot_code", "bags", "moisture",
        "species", "variety", "process", "title_passes", "price",
    ]  # fmt: skip
    after = ("bags", "moisture", "species", "variety", "process", "title_passes", "price", "note")

    def prepare(self) -> None:
        super().prepare()
        offer_sites(self)
        self.fields["code"].initial = draw_code(timezone.localdate())
        known = [(party, self.desk.name(party)) for party in self.desk.suppliers]
        self.fields["from_party"].choices = [("", "not recorded"), *known]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        form = Form(answers["form"])
        place = next(place for place in self.desk.places if place.uri == answers["site"])
        said = Attributes(
            country=place.country or None,
            species=answers["species"] or None,
            variety=tuple(filter(None, (word.strip() for word in answers["variety"].split(",")))),
            process=answers["process"] or None,
        )
        return moving.receive_unannounced(
            party=self.desk.party,
            at=answers["at"],
            site=answers["site"],
            lot=new_lot(answers["code"], form, party=self.desk.party),
            form=form,
            weight=answers["weight"],
            attributes=said,
            from_party=answers["from_party"] or None,
            into=self.pour(form, said),
            title=answers["title_passes"],
            bags=answers["bags"],
            moisture_permille=self.moisture_permille,
            note=answers["note"],
            price=answers["price"],
        )


class RefusalRow(NamedLotRow):
    weight = WeightField(label="Sent back", required=False)


class RefuseForm(ActForm):
    slug = "refuse"
    title = "Refuse a delivery"
    sign = "Sign the refusal"
    intro = "What you refuse goes back to who sent it. Empty a line to refuse only the others."
    about = "delivery"
    tables = {"lines": Rows(RefusalRow, "What you refuse", least=1, fixed=True)}

    site = forms.ChoiceField(label="Refused at")
    reason = forms.ChoiceField(choices=reason_choices(closed.REFUSE_REASONS, words.reason))

    answers_to = property(what_was_sent)
    find = ReceiveForm.find

    def prepare(self) -> None:
        offer_sites(self)

    def row_initials(self, name: str) -> list[dict[str, Any]]:
        return [{"lot": lot, "weight": Weight(mass_mg)} for lot, mass_mg in self.subject.rest.items()]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return moving.refuse(
            party=self.desk.party,
            at=answers["at"],
            site=answers["site"],
            delivery=self.subject,
            lines=[moving.Line(row["lot"], row["weight"]) for row in self.filled("lines")],
            reason=answers["reason"],
            note=answers["note"],
        )


class DispatchForm(ActForm):
    slug = "dispatch"
    title = "Send on"
    sign = "Sign the dispatch"
    intro = "The lots are on their way until the other side receives or refuses them."
    group = "Send, sell"
    tables = {"lines": Rows(LotRow, "What leaves", least=1)}

    to_party = forms.ChoiceField(label="To")
    title_passes = forms.BooleanField(
        label="It is theirs once they receive it", required=False, initial=True, help_text="Not for toll milling."
    )
    bags = forms.IntegerField(label="Number of bags", required=False, min_value=1, max_value=10**6)
    price = forms.CharField(required=False, max_length=100, help_text=PRICE)
    after = ("bags", "price", "note")

    def prepare(self) -> None:
        offer_businesses(self)

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("lines")
        return moving.dispatch(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            lines=taken.lines,
            to_party=answers["to_party"],
            owner=taken.owner,
            title=answers["title_passes"],
            bags=answers["bags"],
            price=answers["price"],
            note=answers["note"],
        )


class OwnLotRow(LotRow):
    """So much of a lot that one owns, wherever it lies."""

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(desk, *args, **kwargs)
        self.fields["line"].offer(desk.property, desk.name)  # type: ignore[attr-defined]


class TransferTitleForm(ActForm):
    slug = "transfer-title"
    title = "Change the owner"
    sign = "Sign the change of owner"
    intro = "The coffee stays where it is and belongs to somebody else from now on."
    group = "Send, sell"
    tables = {"lines": Rows(OwnLotRow, "What changes its owner", least=1)}

    to_party = forms.ChoiceField(label="New owner")
    price = forms.CharField(required=False, max_length=100, help_text=PRICE)
    after = ("price", "note")

    def prepare(self) -> None:
        offer_businesses(self)

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("lines")
        return moving.transfer_title(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            lines=taken.lines,
            to_party=answers["to_party"],
            custodian=taken.custodian,
            price=answers["price"],
            note=answers["note"],
        )


def offer_sites(form: ActForm) -> None:
    form.fields["site"].choices = [(place.uri, place.name) for place in form.desk.places]  # type: ignore[attr-defined]


def offer_businesses(form: ActForm) -> None:
    known = [(party, form.desk.name(party)) for party in form.desk.businesses]
    form.fields["to_party"].choices = [("", "Choose"), *known]  # type: ignore[attr-defined]
