"""A third party certifies lots, a place or a party, and ends a certificate."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from provenance.coffee.acts import Certify, Withdraw
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Key, Lot, Party, Site, Subject
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


def issued(parties: Sequence[str]) -> QuerySet[Event]:
    """The certificates that these parties have signed and not taken back."""
    return _signed(parties, Certify.name)


def standing(party: str) -> QuerySet[Event]:
    """Those of the party that it has not withdrawn."""
    uuids = [Event.uuid_of(certificate) for certificate in withdrawn_from([party])]
    return issued([party]).exclude(uuid__in=uuids)


def withdrawn_from(parties: Sequence[str]) -> dict[str, date]:
    """By event id of the certificate, the day from which its issuer withdrew it."""
    ended: dict[str, date] = {}
    for event in _signed(parties, Withdraw.name):
        said = parse(bytes(event.statement)).body
        if isinstance(said, Withdraw):
            ended[said.certificate] = min(said.since, ended.get(said.certificate, said.since))
    return ended


def told(certificate: Event, name: Callable[[str], str]) -> str:
    """A certificate in a few words; ``name`` says what a place or party is called."""
    said = parse(bytes(certificate.statement)).body
    if not isinstance(said, Certify):
        raise Refused("This is no certificate.")
    about = said.site or said.party
    return f"{said.scheme}, for {name(about) if about else ', '.join(lot_code_of(lot) for lot in said.lots)}"


def about(field: str, answer: str) -> dict[str, Any]:
    """
    What a certificate is to be about, as ``certify`` takes it.

    ``answer``: where the ``field`` is "lots" codes or addresses of lots, one a line; else the address of a place or a
    party. Raises ``Refused``, which names the field.
    """
    if field == "lots":
        return {"lots": [_lot(line.strip()) for line in answer.splitlines() if line.strip()]}
    uri = answer.strip()
    if Site.objects.filter(uri=uri).exists():
        return {"site": uri}
    if Party.objects.filter(uri=uri).exists():
        return {"of_party": uri}
    raise Refused("There is no place and nobody of this address on the trail.", field=field)


def _lot(answer: str) -> str:
    by = "uri" if answer.startswith("https://") else "code"
    found = list(Lot.objects.filter(**{by: answer}).values_list("uri", flat=True)[:2])
    if not found:
        raise Refused(f"There is no lot {answer} on the trail.", field="lots")
    if len(found) > 1:
        raise Refused(f"Several lots are called {answer}. Give the address of the one that you mean.", field="lots")
    return str(found[0])


def _signed(parties: Sequence[str], act: str) -> QuerySet[Event]:
    kids = Key.objects.filter(party__in=parties).values("kid")
    # Found by party: an auditor says little, and others much.
    named = Subject.objects.filter(kind="party", uri__in=parties).values("event")
    return Event.objects.filter(pk__in=named, act=act, kid__in=kids, correction=None)
