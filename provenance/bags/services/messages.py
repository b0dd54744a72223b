"""
What shoppers send from the page of a bag: thanks to the growers, reports to the roaster. Nobody is asked who they are.

Nothing of the sender is looked at or kept, not even for a moment, so what is limited is the code: so many messages a
day from one bag or lot, and so many an hour from all bags and from all lots. A bag's code cannot be guessed, a lot's
can be looked up: whoever sends from all lots that there are must not shut out who has a bag in hand.
"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.bags.models import Addressee, Bag, Grower, Message
from provenance.bags.services.growing import growers_of
from provenance.bags.services.scanning import Scanned
from provenance.coffee.statement import parse
from provenance.trail.models import Lot

Kind, State = Message.Kind, Addressee.State

A_DAY_FROM_A_BAG = 3
A_DAY_FROM_A_LOT = 20
AN_HOUR_FROM_ALL = 300
WORDS_ARE_KEPT = timedelta(days=365)
SHOWN = 5
# Marks that turn the direction of writing around, and so make words read as they were not written.
TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NotSent(Exception):
    """A message that is not taken; ``str()`` of it is a sentence for the shopper."""


@dataclass(frozen=True)
class Thanks:
    """
    Thanks from shoppers that reach a party: how many in all, the newest words with their dates, and how many growers
    besides the party they went to.
    """

    count: int
    words: Sequence[tuple[datetime, str]]
    others: int


def plain(words: str) -> str:
    """The words without what cannot be seen: control characters but line breaks, and marks that turn the writing."""
    kept = (
        letter
        for letter in words.replace("\r\n", "\n")
        if letter == "\n" or (unicodedata.category(letter) not in ("Cc", "Cs", "Co", "Cn") and letter not in TURNING)
    )
    return "".join(kept).strip()


def report(scanned: Scanned, form: UUID, reason: Message.Reason, words: str = "") -> Message:
    """To the roaster. Raises ``NotSent``."""
    return _send(Kind.REPORT, scanned, form, [packer_of(scanned.lot_uri, scanned.bag)], reason=reason, words=words)


def thank(scanned: Scanned, form: UUID, words: str = "") -> Message:
    """
    To the growers, by way of the organisations that took their coffee in: these read the words first.

    Thanks without words hold nothing to read, and count at once. Raises ``NotSent``.
    """
    organisations = sorted({grower.organisation for grower in growers_of(scanned.lot_uri)})
    if not organisations:
        raise NotSent(_("Nobody has recorded who grew this coffee, so there is nobody to pass your thanks on to."))
    state = State.WAITING if plain(words) else State.APPROVED
    return _send(Kind.THANKS, scanned, form, organisations, words=words, state=state)


def report_often(bag: Bag) -> None:
    """To the roaster, from the counts: the bag was opened often."""
    message = Message.objects.create(
        form=uuid4(), kind=Kind.REPORT, lot_uri=bag.lot_uri, bag=bag, reason=Message.Reason.OFTEN
    )
    _address(message, [packer_of(bag.lot_uri, bag)])


def packer_of(lot_uri: str, bag: Bag | None) -> str:
    """Whose product it is, else who signed that it was packed; "" where neither is known."""
    if bag is not None and bag.product is not None:
        return bag.product.party_uri
    lot = Lot.objects.filter(uri=lot_uri, made_by__isnull=False).select_related("made_by").first()
    return parse(bytes(lot.made_by.statement)).iss if lot else ""


def _send(
    kind: Message.Kind,
    scanned: Scanned,
    form: UUID,
    parties: Sequence[str],
    *,
    words: str,
    reason: str = "",
    state: Addressee.State = State.WAITING,
) -> Message:
    with transaction.atomic():
        # Who sends from the same lot at the same moment waits here, so that the limits are exact.
        first = Bag.objects.filter(lot_uri=scanned.lot_uri).order_by("position")[:1]
        list(Bag.objects.select_for_update().filter(pk__in=first.values("pk")).values_list("pk"))
        if known := Message.objects.filter(form=form).first():
            return known
        _check_limits(kind, scanned)
        message = Message.objects.create(
            form=form, kind=kind, lot_uri=scanned.lot_uri, bag=scanned.bag, reason=reason, words=plain(words)
        )
        _address(message, parties, state)
    return message


def _address(message: Message, parties: Sequence[str], state: Addressee.State = State.WAITING) -> None:
    rows = [Addressee(message=message, party_uri=party, state=state) for party in parties if party]
    Addressee.objects.bulk_create(rows)


def _check_limits(kind: Message.Kind, scanned: Scanned) -> None:
    now = timezone.now()
    by_people = Message.objects.exclude(reason=Message.Reason.OFTEN).filter(bag__isnull=scanned.bag is None)
    today = by_people.filter(lot_uri=scanned.lot_uri, kind=kind, bag=scanned.bag, sent_at__gt=now - timedelta(days=1))
    if today.count() >= (A_DAY_FROM_A_BAG if scanned.bag else A_DAY_FROM_A_LOT):
        raise NotSent(_("Enough was sent from this code today. Nothing was sent now: try again tomorrow."))
    if by_people.filter(sent_at__gt=now - timedelta(hours=1)).count() >= AN_HOUR_FROM_ALL:
        raise NotSent(_("Too much is being sent at this moment. Nothing was sent now: try again in an hour."))


# For those they reach


def addressed_to(parties: Collection[str]) -> QuerySet[Addressee]:
    """What shoppers sent to these parties, the newest first."""
    return Addressee.objects.filter(party_uri__in=parties).select_related("message__bag__product")


def waiting_for(party: str) -> dict[str, int]:
    """How many messages of each kind wait for the party."""
    waiting = Addressee.objects.filter(party_uri=party, state=State.WAITING).order_by()
    return dict(waiting.values_list("message__kind").annotate(n=Count("pk")))


def decide(addressed: QuerySet[Addressee], kind: Message.Kind, state: Addressee.State) -> int:
    """Put those of this kind into the state; how many that were."""
    messages = Message.objects.filter(kind=kind)
    return addressed.filter(message__in=messages).exclude(state=state).order_by().update(state=state)


def thanks_for(party: str) -> Thanks:
    """The thanks that reach a grower. Three queries at most."""
    mine = list(Grower.objects.filter(party_uri=party).values_list("lot_uri", "organisation"))
    if not mine:
        return Thanks(0, (), 0)
    lots, organisations = {lot for lot, _ in mine}, {taker for _, taker in mine}
    passed_on = Addressee.objects.filter(
        party_uri__in=organisations,
        state=State.APPROVED,
        message__in=Message.objects.filter(kind=Kind.THANKS, lot_uri__in=lots),
    )
    # A lot of two organisations is decided on by each for its own growers.
    reached = [
        row
        for row in passed_on.values_list(
            "message__lot_uri", "party_uri", "message_id", "message__sent_at", "message__words"
        )
        if row[:2] in mine
    ]
    messages = {message: (sent_at, words) for _, _, message, sent_at, words in reached}
    newest = sorted(((at, words) for at, words in messages.values() if words), reverse=True)[:SHOWN]
    thanked = Grower.objects.filter(lot_uri__in={lot for lot, *_ in reached}).exclude(party_uri=party)
    others = thanked.values("party_uri").distinct().count() if reached else 0
    return Thanks(len(messages), newest, others)


def forget_old_words() -> int:
    """Delete the words of messages that are older than a year; that there was one stays. How many that were."""
    old = Message.objects.filter(sent_at__lt=timezone.now() - WORDS_ARE_KEPT).exclude(words="")
    return old.order_by().update(words="")
