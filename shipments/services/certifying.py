"""A third party certifies lots, a place or a party, and ends a certificate."""

from collections.abc import Sequence
from datetime import date, datetime

from provenance.coffee.acts import Certify, Withdraw
from provenance.coffee.statement import parse
from provenance.trail.models import Event
from shipments.services.plans import Plan, Refused, plan


def certify(
    *,
    party: str,
    at: datetime,
    scheme: str,
    chain: str,
    valid_from: date,
    valid_to: date,
    number: str,
    lots: Sequence[str] = (),
    site: str | None = None,
    of_party: str | None = None,
    note: str = "",
) -> Plan:
    """About lots, or a place, or a party: one of the three. The certificate's number is withheld."""
    act = Certify(
        at=at,
        scheme=scheme,
        chain=chain,
        valid_from=valid_from,
        valid_to=valid_to,
        lots=tuple(lots),
        site=site,
        party=of_party,
    )
    return plan(party, act, certificate=number, note=note)


def withdraw(*, party: str, at: datetime, certificate: Event, since: date, reason: str, note: str = "") -> Plan:
    """End a certificate of one's own from a day on. Raises ``Refused`` where the event is no certificate."""
    said = parse(bytes(certificate.statement)).body
    if not isinstance(said, Certify):
        raise Refused("This is no certificate.")
    act = Withdraw(
        at=at,
        certificate=certificate.event_id,
        since=since,
        reason=reason,
        lots=said.lots,
        site=said.site,
        party=said.party,
    )
    return plan(party, act, note=note)
