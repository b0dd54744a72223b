"""What others say of a grower's coffee, and the grower's yes or no to it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from farms.services.business import Business
from farms.services.plans import Plan, draft
from provenance.coffee.acts import REGISTRY_ACTS, Confirm, Contest
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Holder, Key, Subject
from provenance.trail.services.naming import lots_named

REPLIES = (Confirm.name, Contest.name)


@dataclass(frozen=True)
class Reply:
    """The grower's last word on an event."""

    event: Event
    confirmed: bool
    reason: str = ""


def said_by_others(business: Business) -> QuerySet[Event]:
    """Events of others that name the grower, or coffee that the grower has or had; the newest first."""
    lots = Holder.objects.filter(party=business.party).values("lot__uri")
    mine = Subject.objects.filter(event=OuterRef("pk")).filter(
        Q(kind="party", uri=business.party) | Q(kind="lot", uri__in=lots)
    )
    own_keys = Key.objects.filter(party=business.party).values("kid")
    concerning = Event.objects.filter(Exists(mine)).exclude(kid__in=own_keys)
    return (
        concerning.exclude(act__in=[*REGISTRY_ACTS, *REPLIES])
        .select_related("leaf", "log", "correction__event")
        .order_by("-pk")
    )


def to_reply_to(business: Business, event_id: str) -> Event | None:
    """By its ``urn:uuid:``; None for what does not concern the grower, for none, and for a text that is no id."""
    try:
        return said_by_others(business).filter(uuid=Event.uuid_of(event_id)).first()
    except ValueError:
        return None


def replies_of(business: Business, events: list[Event]) -> dict[str, Reply]:
    """The grower's last word on each of these, by event id; one that was taken back is none. One query and a read."""
    about = Subject.objects.filter(kind="event", uri__in=[event.event_id for event in events]).values("event")
    own_keys = Key.objects.filter(party=business.party).values("kid")
    said = Event.objects.filter(pk__in=about, act__in=REPLIES, kid__in=own_keys, correction=None).order_by("pk")
    found: dict[str, Reply] = {}
    for event in said:
        act = parse(bytes(event.statement)).body
        if isinstance(act, Contest):
            found[act.event] = Reply(event, confirmed=False, reason=act.reason)
        elif isinstance(act, Confirm):
            found[act.event] = Reply(event, confirmed=True)
    return found


def reply(*, party: str, event: Event, at: datetime, reason: str, words: str, audience: str) -> Plan:
    """Yes where ``reason`` is empty, else no because of that. ``words`` are the grower's own, for ``audience``."""
    lots = lots_named([event])
    act = (
        Contest(at=at, event=event.event_id, lots=lots, reason=reason)
        if reason
        else Confirm(at=at, event=event.event_id, lots=lots)
    )
    return Plan(party, (draft(act, audience, {"words": words}),)).check()
