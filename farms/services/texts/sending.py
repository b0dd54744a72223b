"""
Each receipt's text goes out once.

The row says where it stands, and is changed before the gateway is asked: a worker that dies in between leaves "is being
sent", and whoever finds that does not know whether it was. He tries again only where the gateway knows repeats by their
id; else it is left to a person. A text that may have been sent is never sent again by itself.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from farms.models import Text
from farms.services.plans import Refused
from farms.services.receipts.taken_in import TakenIn, taken_in
from farms.services.telephones import masked, number_of
from farms.services.texts.gateways import Gateway, Message, NotNow, Rejected, Unclear, gateway
from farms.services.texts.words import words_of
from provenance.trail.models import Event

State = Text.State
# A receipt that comes days later only frightens.
GIVEN_UP_AFTER = timedelta(days=1)


class Later(Exception):
    """Not sent; it is to be tried again. ``str()`` says why."""


class NotSent(Exception):
    """It stays unsent, or nobody knows; ``str()`` is a sentence for who ordered it."""


@dataclass(frozen=True)
class Standing:
    """Of one receipt's text: ``state``, None where none was ordered; ``number`` in part, None where none is kept."""

    state: str | None
    number: str | None

    @property
    def words(self) -> str:
        return State(self.state).label if self.state else ""


def standing_of(said: TakenIn) -> Standing:
    state = Text.objects.filter(event=said.event).values_list("state", flat=True).first()
    number = number_of(said.grower) if said.grower else None
    return Standing(state, masked(number) if number else None)


def order(said: TakenIn, *, again: bool = False) -> Text:
    """
    That the text be sent; ordered twice it is one. What was refused is tried anew, and with ``again``, which is for a
    person to say, what was perhaps sent. Raises ``Refused``, and then nothing is ordered.
    """
    if said.taken_back:
        raise Refused("This receipt was taken back. Send the one that replaced it.")
    if not said.grower or number_of(said.grower) is None:
        raise Refused("No telephone is kept for this grower. Write it down first.")
    text, _ = Text.objects.get_or_create(event=said.event, defaults={"ordered_at": timezone.now()})
    anew = [State.FAILED, State.UNSURE] if again else [State.FAILED]
    Text.objects.filter(pk=text.pk, state__in=anew).update(state=State.WAITING, ordered_at=timezone.now())
    return text


def send(event: Event) -> str:
    """Returns what was done, a sentence. Raises ``Later`` and ``NotSent``."""
    carrier = gateway()
    said = taken_in(event)
    text = Text.objects.get(event=event)
    if text.state == State.SENT:
        return "Sent before."
    if text.state == State.FAILED:
        raise NotSent("This text was refused before.")
    if said.taken_back:
        _put(event, State.FAILED)
        raise NotSent("The receipt was taken back before its text was sent.")
    number = number_of(said.grower) if said.grower else None
    if number is None:
        _put(event, State.FAILED)
        raise NotSent("There is no telephone any more.")
    if not _taken(text, carrier):
        _put(event, State.UNSURE)
        raise NotSent("It may have been sent before: ask the grower, or look at the gateway.")
    return _hand_over(carrier, text, Message(event.uuid, number, words_of(said)))


def _taken(text: Text, carrier: Gateway) -> bool:
    """Whether this worker may hand it over; of two that try, one may."""
    if Text.objects.filter(pk=text.pk, state=State.WAITING).update(state=State.SENDING):
        return True
    return carrier.knows_repeats


def _hand_over(carrier: Gateway, text: Text, message: Message) -> str:
    event = text.event
    try:
        carrier.send(message)
    except NotNow as error:
        if text.ordered_at < timezone.now() - GIVEN_UP_AFTER:
            _put(event, State.FAILED)
            raise NotSent(f"Given up after a day. {error}") from None
        _put(event, State.WAITING)
        raise Later(str(error)) from None
    except Rejected as error:
        _put(event, State.FAILED)
        raise NotSent(str(error)) from None
    except Unclear as error:
        if carrier.knows_repeats and text.ordered_at >= timezone.now() - GIVEN_UP_AFTER:
            raise Later(str(error)) from None
        _put(event, State.UNSURE)
        raise NotSent(f"{error} It may have been sent.") from None
    except Exception:
        # A fault of ours, somewhere on the way: the worker says so, and nobody sends it again unasked.
        _put(event, State.UNSURE)
        raise
    _put(event, State.SENT)
    return "Sent."


def _put(event: Event, state: str) -> None:
    """What was sent stays so, whatever a worker that was slower finds."""
    Text.objects.filter(event=event).exclude(state=State.SENT).update(state=state)
