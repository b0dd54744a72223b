"""A grower says yes or no to what somebody else said."""

from typing import Any

from django import forms
from django.utils import timezone

from farms.forms.base import UNANSWERED, SayForm
from farms.forms.land import readers_field
from farms.services import replying
from farms.services.plans import Plan
from farms.words import CONTESTED_FOR

YES, NO = "yes", "no"


class ReplyForm(SayForm):
    title = "Is this right?"
    sign = "Sign this"
    intro = (
        "Your answer stands beside what they said, for everybody to see. You can change it later by answering again."
    )

    answer = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        choices=[(YES, "Yes, this is right"), (NO, "No, this is not right")],
    )
    reason = forms.ChoiceField(
        label="If not: what is wrong?",
        required=False,
        choices=[("", "Nothing is wrong"), *CONTESTED_FOR.items()],
    )
    words = forms.CharField(
        label="In your own words",
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        help_text="You need not write anything. Your words are sealed: they can be erased if you ask for it.",
    )
    readers = readers_field("Who may read your words?")

    def prepare(self) -> None:
        self.fields["readers"].required = False

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("answer") == NO and not answers.get("reason") and "reason" not in self.errors:
            self.add_error("reason", UNANSWERED)
        if answers.get("answer") == YES and answers.get("reason"):
            self.add_error("answer", "You chose what is wrong, too. Say no, or choose that nothing is wrong.")
        if answers.get("words") and not answers.get("readers") and "readers" not in self.errors:
            self.add_error("readers", UNANSWERED)
        return answers

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        return replying.reply(
            party=self.business.party,
            event=self.subject,
            at=timezone.localtime().replace(microsecond=0),
            reason=answers["reason"],
            words=answers["words"],
            audience=answers["readers"],
        )
