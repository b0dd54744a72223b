"""What a shopper may write: words, and for a report the reason. Each form is signed for one code and one day."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from provenance.bags.models import Message
from provenance.bags.services.messages import plain

MOST_LETTERS = 500
GOOD_FOR = 24 * 60 * 60  # seconds


class Words(forms.CharField):
    """Letters as they are kept, so that a line break counts once, however the browser writes it."""

    widget = forms.Textarea(attrs={"rows": 5, "autocomplete": "off"})

    def to_python(self, value: Any) -> str:
        return plain(super().to_python(value))


class MessageForm(forms.Form):
    """
    Bears a signed ticket instead of a CSRF token, which would need a cookie: for which code the form was made, when,
    and a number under which it is taken once.
    """

    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=600)
    kind: Message.Kind
    number: UUID

    def __init__(self, code: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="%s", **kwargs)
        self.code = code

    def fresh_ticket(self) -> str:
        return signing.dumps([self.code, str(uuid4())], salt=self._salt)

    def clean_ticket(self) -> str:
        ticket: str = self.cleaned_data["ticket"]
        try:
            code, number = signing.loads(ticket, salt=self._salt, max_age=GOOD_FOR)
        except signing.BadSignature:
            code = None
        if code != self.code:
            raise forms.ValidationError(
                _("This form lay open for too long. Nothing was sent yet: read it over and send it again.")
            )
        self.number = UUID(number)
        return ticket

    @property
    def _salt(self) -> str:
        return f"message:{self.kind}"


class ReportForm(MessageForm):
    kind = Message.Kind.REPORT
    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        widget=forms.RadioSelect,
        choices=[
            (Message.Reason.COPIED, _("The label looks copied, or the bag was opened before")),
            (Message.Reason.DIFFERS, _("The bag or the coffee is not what the page says")),
            (Message.Reason.QUALITY, _("Something is wrong with the coffee itself")),
            (Message.Reason.OTHER, _("Something else")),
        ],
    )
    words = Words(label=_("In your words"), required=False, max_length=MOST_LETTERS)


class ThanksForm(MessageForm):
    kind = Message.Kind.THANKS
    words = Words(label=_("Your words to them"), required=False, max_length=MOST_LETTERS)
