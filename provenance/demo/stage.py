"""Where the stories are told: who takes part, and acts that are told once."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings

from provenance.bags.models import Product
from provenance.coffee.acts import MG_PER_KG, Form, LotMass
from provenance.coffee.clocks import clock_of
from provenance.coffee.identifiers import gs1_lot_uri, lot_uri
from provenance.coffee.statement import sign_pop, thumbprint
from provenance.coffee.statement.envelope import b64url
from provenance.members.models import Membership, User
from provenance.members.services import enrol
from provenance.tlog.keys import Ed25519Signer
from provenance.trail.models import Event, Log, Party, Site
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, HeldKey, held_key, new_event_id, record_acts
from provenance.trail.services.queries import event_of, name_of
from shipments.services.desk import ROLES, Delivery, Desk
from shipments.services.moving import Arrival, Line, receive
from shipments.services.plans import Plan, Weight


@dataclass(frozen=True)
class Actor:
    """Somebody with a log-in, a party and one place."""

    username: str
    party: str
    site: str
    country: str

    def at(self, moment: str) -> datetime:
        """``2026-05-18 07:30`` on the clock of the place."""
        return datetime.fromisoformat(moment).replace(tzinfo=clock_of(self.country))


class Sayable(Protocol):
    """A plan of one of the doors."""

    @property
    def party(self) -> str: ...
    def sign(self, *, event_id: str, key: HeldKey | None) -> list[Event]: ...


class Stage:
    def __init__(self, log: Log, password: str) -> None:
        """``password``: hashed, as every log-in of the demo has it."""
        self.log = log
        self.password = password
        # Parties that sign with a phone of their own, and its key once it was needed.
        self.phones: dict[str, HeldKey | None] = {}

    # --- who takes part ----------------------------------------------------------------------------------------------

    def actor(
        self,
        username: str,
        name: str,
        *,
        role: str,
        country: str,
        kind: str = "organisation",
        place: str,
        place_kind: str,
        town: str,
        geo: str,
        guardian: Actor | None = None,
        other_roles: Sequence[str] = (),
    ) -> Actor:
        """Register whoever has no party yet, with a key that this server keeps, one place and a log-in."""
        user = self.user(username, staff=role in ROLES)
        membership = Membership.objects.filter(user=user, role=role).first()
        party = membership.party_uri if membership else None
        if party is None:
            party = registry.register_party(
                kind=kind,
                roles=[role, *other_roles],
                name=name,
                country=country,
                guardian=guardian.party if guardian else None,
            )
            for each in (role, *other_roles):
                enrol(user=user, party_uri=party, role=each)
        site = Site.objects.filter(party__uri=party).order_by("event").values_list("uri", flat=True).first()
        if site is None:
            site = registry.register_site(
                party=party, kind=place_kind, name=place, place=town, country=country, geo=geo
            )
        return Actor(username, party, site, country)

    def people(self, count: int, *, guardian: Actor, name: str) -> list[str]:
        """URIs of so many persons of a guardian, without log-in; ``name`` holds ``{n}``."""
        known = Party.objects.filter(guardian=guardian.party, kind="person").exclude(
            uri__in=Membership.objects.values("party_uri")
        )
        found = list(known.order_by("event").values_list("uri", flat=True))
        missing = [name.format(n=n) for n in range(len(found) + 1, count + 1)]
        if missing:
            found += registry.register_people(
                names=missing, roles=["farmer"], guardian=guardian.party, country=guardian.country
            )
        return found

    def user(self, username: str, *, staff: bool) -> User:
        user, _ = User.objects.get_or_create(
            username=username, defaults={"is_staff": staff, "password": self.password, "first_name": "Demo"}
        )
        return user

    def product(self, actor: Actor, name: str, *, gtin: str, grams: int) -> Product:
        product, _ = Product.objects.get_or_create(
            gtin=gtin, defaults={"party_uri": actor.party, "name": name, "net_mg": grams * 1000}
        )
        return product

    # --- what they say -----------------------------------------------------------------------------------------------

    def tell(self, name: str, plan: Callable[[], Sayable]) -> str:
        """Sign what ``plan`` makes, unless it was told before; returns the event id that belongs to ``name``."""
        event_id = self.event_id(name)
        if event_of(event_id) is None:
            said = plan()
            said.sign(event_id=event_id, key=self.phone(said.party))
        return event_id

    def phone(self, party: str) -> HeldKey | None:
        """
        The key in the party's phone; None where this server keeps its key.

        The phone is played: its key is drawn when it is first needed, and gone when the command ends.
        """
        if party not in self.phones:
            return None
        held = self.phones[party] or self.enrol_phone(party)
        self.phones[party] = held
        return held

    def enrol_phone(self, party: str) -> HeldKey:
        signer = Ed25519Signer(secrets.token_bytes(32))
        held = HeldKey(thumbprint(signer.public.raw), signer)
        registrar, jti = self.log.operator, new_event_id()
        pop = sign_pop(
            signer.sign,
            aud=self.log.aud,
            party=party,
            kid=held.kid,
            registrar=held_key(self.log, registrar).kid,
            jti=jti,
        )
        registry.register_key(party=party, x=b64url(signer.public.raw), pop=pop, jti=jti, registrar=registrar)
        return held

    def tell_all(self, name: str, party: str, drafts: Callable[[], Sequence[Draft]]) -> None:
        """Many acts of one party at once: all of them are on the trail, or none."""
        if event_of(self.event_id(f"{name}/1")) is None:
            named = [replace(draft, jti=self.event_id(f"{name}/{n}")) for n, draft in enumerate(drafts(), 1)]
            record_acts(party, named)

    def take_in(self, name: str, actor: Actor, sent: str, at: str, *weights: tuple[str, float], **more: object) -> str:
        """Receive what the event ``sent`` dispatched: (lot, kilograms on this scale) each; 0 takes what was sent."""

        def plan() -> Plan:
            delivery = self.delivery(actor, sent)
            arrivals = [
                Arrival(lot, delivery.rest[lot], kg(weighed) if weighed else Weight(delivery.rest[lot]))
                for lot, weighed in weights
            ]
            return receive(
                party=actor.party, at=actor.at(at), site=actor.site, delivery=delivery, arrivals=arrivals, **more
            )  # type: ignore[arg-type]

        return self.tell(name, plan)

    def delivery(self, actor: Actor, sent: str) -> Delivery:
        delivery = Desk(actor.party).delivery(sent)
        if delivery is None:
            raise LookupError(f"{name_of(actor.party)} is sent nothing by {sent}.")
        return delivery

    def event_id(self, name: str) -> str:
        """Always the same in this log, and no other log's: a UUID made of the log's audience and the act's name."""
        digest = hashlib.sha256(f"{self.log.aud} {name}".encode()).digest()
        return UUID(bytes=digest[:16], version=4).urn


def event(event_id: str) -> Event:
    """What was told under this id."""
    found = event_of(event_id)
    if found is None:
        raise LookupError(f"{event_id} was not told.")
    return found


def kg(number: float) -> Weight:
    return Weight(round(number * MG_PER_KG), f"{number:,g} kg")


def line(lot: str, kilograms: float) -> Line:
    return Line(lot, kg(kilograms))


def mass(lot: str, kilograms: float) -> LotMass:
    return line(lot, kilograms).mass


def lot(form: Form, code: str) -> str:
    return lot_uri(settings.TRAIL_HOST, form, code)


def pack_lot(gtin: str, code: str) -> str:
    return gs1_lot_uri(gtin, code)
