"""Take back what one signed, and say it right."""

from typing import Any

from django import forms

from provenance.coffee.acts import LossKind
from provenance.trail.models import Event
from shipments import words
from shipments.forms.base import ActForm, NamedLotRow, Rows
from shipments.forms.fields import WeightField, words_choices
from shipments.services import correcting
from shipments.services.desk import Desk
from shipments.services.plans import Plan, Weight


class RightRow(NamedLotRow):
    """One weight of the event, as it was recorded."""

    path = forms.RegexField(r"[a-z]+\.[0-9]{1,3}", widget=forms.HiddenInput)
    weight = WeightField(label="Right weight")


class CorrectForm(ActForm):
    slug = "correct"
    title = "Correct this"
    sign = "Sign the correction"
    intro = (
        "What was signed stays on the trail, with this correction beside it. If the lot, the place or the other party "
        "was wrong, say that it did not happen and record it again."
    )
    about = "event"
    tables = {"weights": Rows(RightRow, "The right weights", fixed=True)}

    reason = forms.ChoiceField(label="What was wrong", widget=forms.RadioSelect)
    rest = forms.ChoiceField(
        label="What becomes of a difference",
        choices=words_choices(words.LOSSES),
        initial=LossKind.UNEXPLAINED.value,
        help_text="Where the right weights no longer add up.",
    )

    @classmethod
    def find(cls, desk: Desk, ref: str) -> Event | None:
        event = desk.event(f"urn:uuid:{ref}")
        return event if event and correcting.can_be_corrected(event, desk.party) else None

    def prepare(self) -> None:
        self.fields["at"].label = "When did you notice"
        words_of = {word: words.reason(word) for word in ("did_not_occur", "incorrect_data")}
        if not self.weights:
            del words_of["incorrect_data"], self.fields["rest"]
        self.fields["reason"].choices = list(words_of.items())  # type: ignore[attr-defined]
        self.fields["reason"].initial = list(words_of)[-1]

    @property
    def weights(self) -> list[correcting.WeightSaid]:
        return correcting.weights_of(correcting.act_of(self.subject))

    def row_initials(self, name: str) -> list[dict[str, Any]]:
        return [{"path": said.path, "lot": said.lot, "weight": Weight(said.mass_mg)} for said in self.weights]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        known = {said.path for said in self.weights}
        right = {row["path"]: row["weight"] for row in self.filled("weights") if row["path"] in known}
        return correcting.correct(
            party=self.desk.party,
            event=self.subject,
            declared_at=answers["at"],
            reason=answers["reason"],
            right=right,
            rest=LossKind(answers.get("rest") or LossKind.UNEXPLAINED.value),
            note=answers["note"],
        )
