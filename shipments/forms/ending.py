"""Sell, dispose, call back."""

from django import forms

from provenance.coffee import words as closed
from shipments import words
from shipments.forms.base import ActForm, LotRow, Rows
from shipments.forms.fields import NOTE, reason_choices
from shipments.forms.looking import LotsField, lot_choices
from shipments.forms.moving import PRICE, OwnLotRow, offer_sites
from shipments.services import ending
from shipments.services.desk import Desk
from shipments.services.plans import Plan


class SellForm(ActForm):
    slug = "sell"
    title = "Sell off the trail"
    sign = "Sign the sale"
    intro = "Over the counter, or to a buyer who is not here. To somebody who is, send it."
    group = "Send, sell"
    tables = {"lines": Rows(OwnLotRow, "What is sold", least=1)}

    buyer = forms.CharField(required=False, max_length=120, help_text=NOTE)
    price = forms.CharField(required=False, max_length=100, help_text=PRICE)
    after = ("buyer", "price", "note")

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("lines")
        return ending.sell(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            lines=taken.lines,
            owner=taken.owner,
            buyer=answers["buyer"],
            price=answers["price"],
            note=answers["note"],
        )


class DisposeForm(ActForm):
    slug = "dispose"
    title = "Dispose"
    sign = "Sign the disposal"
    intro = "Spoiled, composted, stolen: coffee that nobody will drink."
    group = "Send, sell"
    tables = {"lines": Rows(LotRow, "What is gone", least=1)}

    reason = forms.ChoiceField(choices=reason_choices(closed.DISPOSE_REASONS, words.reason))

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("lines")
        return ending.dispose(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            lines=taken.lines,
            reason=answers["reason"],
            owner=taken.owner,
            note=answers["note"],
        )


class RecallForm(ActForm):
    slug = "recall"
    title = "Recall"
    sign = "Sign the recall"
    intro = (
        "Every page of these lots, and of all that was made of them, says so at once. The next page counts the bags."
    )
    group = "Recall"

    site = forms.ChoiceField(label="Place")
    lots = LotsField(label="Lots to call back")
    reason = forms.ChoiceField(choices=reason_choices(closed.RECALL_REASONS, words.reason))

    def prepare(self) -> None:
        offer_sites(self)
        self.fields["lots"].choices = lot_choices(self)  # type: ignore[attr-defined]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return ending.recall(
            party=self.desk.party,
            at=answers["at"],
            site=answers["site"],
            lots=answers["lots"],
            reason=answers["reason"],
            note=answers["note"],
        )


class LiftRecallForm(ActForm):
    slug = "lift-recall"
    title = "Lift a recall"
    sign = "Sign: the recall is lifted"
    intro = "Only who called back can say that the danger is over. Both stay on the trail."
    about = "recall"

    site = forms.ChoiceField(label="Place")
    lots = LotsField(label="Lots that are free again")

    @classmethod
    def find(cls, desk: Desk, ref: str) -> tuple[str, list[str]] | None:
        event_id = f"urn:uuid:{ref}"
        lots = desk.recalls.get(event_id)
        return (event_id, lots) if lots else None

    def prepare(self) -> None:
        offer_sites(self)
        _, lots = self.subject
        known = self.desk.codes(lots)
        self.fields["lots"].choices = [(lot, known[lot].code) for lot in lots]  # type: ignore[attr-defined]
        self.fields["lots"].initial = lots

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return ending.lift_recall(
            party=self.desk.party,
            at=answers["at"],
            site=answers["site"],
            lots=answers["lots"],
            recall=self.subject[0],
            note=answers["note"],
        )
