"""A small coffee world for the ledger's tests: parties, sites and keys, and statements without an envelope."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Form, LotMass, NewLot
from provenance.coffee.ledger import Books, Effects, Needs, apply, needs
from provenance.coffee.rules import authorise
from provenance.coffee.statement import sign_pop, thumbprint
from provenance.tlog.keys import Ed25519Signer

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
KG = 1_000_000

AUD = "localhost:8000/log/test#0000000000000000"

# name: role, guardian, custody of its key
PARTIES = {
    "collector": ("collector", None, "device"),
    "farmer": ("farmer", "collector", "device"),
    "station": ("station", None, "device"),
    "mill": ("mill", None, "server"),
    "roaster": ("roaster", None, "server"),
    "auditor": ("auditor", None, "device"),
}
SITES = {"farm": "farmer", "washing": "station", "milling": "mill", "roastery": "roaster"}


def key_of(party: str) -> Ed25519Signer:
    """The same key for the same name, each time."""
    return Ed25519Signer(hashlib.sha256(party.encode()).digest())


def kid_of(party: str) -> str:
    return thumbprint(raw_of(party))


def raw_of(party: str) -> bytes:
    return key_of(party).public.raw


def x_of(party: str) -> str:
    return base64.urlsafe_b64encode(raw_of(party)).rstrip(b"=").decode()


@dataclass(frozen=True)
class Said:
    """What the ledger reads of a statement."""

    jti: str
    iss: str
    act: str
    body: acts.Act
    kid: str
    aud: str = AUD
    event: Mapping[str, Any] | None = field(default=None)


@dataclass
class World:
    """Says things in turn, judging and applying each; ``said`` keeps what had an effect, in order."""

    books: Books
    said: list[Said] = field(default_factory=list)
    count: int = 0

    def statement(self, iss: str, act: acts.Act, *, kid: str | None = None, jti: str | None = None) -> Said:
        self.count += 1
        jti = jti or f"urn:uuid:{self.count:08d}"
        if isinstance(act, acts.Correct):
            event: dict[str, Any] = {**act.original, "errorDeclaration": {"reason": act.reason}}
        else:
            event = {"eventID": jti, "coffee:act": act.name, "body": repr(act)}
        return Said(jti, iss, act.name, act, kid or kid_of(iss), event=event)

    def judge(self, statement: Said, index: int | None = None) -> Effects:
        """Judge by all the books, and by the part that the statement needs: both must come to the same."""
        part = loaded(self.books, needs(statement))
        authorise(self.books, statement, index)
        effects = apply(self.books, statement, index)
        authorise(part, statement, index)
        assert apply(part, statement, index) == effects
        self.said.append(statement)
        return effects

    def say(self, iss: str, act: acts.Act, **how: Any) -> Effects:
        return self.judge(self.statement(iss, act, **how))

    def correct(self, effects: Effects, iss: str | None = None) -> Effects:
        return self.say(iss or effects.event.iss, correction(effects))

    # --- the acts, with what tests seldom vary filled in -----------------------------------------------------------

    def harvest(self, lot: str, mass_mg: int, *claims: str, iss: str = "farmer", **more: Any) -> Effects:
        output = new(lot, mass_mg, Form.CHERRY, *claims)
        return self.say(iss, acts.Harvest(at=AT, site="farm", output=output, **more))

    def dispatch(self, iss: str, site: str, to_party: str, *lines: LotMass, jti: str | None = None, **more: Any) -> str:
        act = acts.Dispatch(at=AT, site=site, lines=lines, to_party=to_party, **more)
        return self.say(iss, act, jti=jti).event.id

    def receive(self, iss: str, site: str, *lines: LotMass, jti: str | None = None, **more: Any) -> Effects:
        return self.say(iss, acts.Receive(at=AT, site=site, lines=lines, **more), jti=jti)

    def process(self, iss: str, site: str, step: str, inputs: list[LotMass], *outputs: NewLot, **more: Any) -> Effects:
        act = acts.Process(at=AT, site=site, step=step, inputs=tuple(inputs), outputs=outputs, **more)
        return self.say(iss, act)

    def mass(self, lot: str, site: str | None = None, owner: str | None = None, custodian: str | None = None) -> int:
        return sum(
            self.books.balances[key]
            for key in self.books.balances.rows(lot)
            if site in (None, key.site) and owner in (None, key.owner) and custodian in (None, key.custodian)
        )

    # --- registry --------------------------------------------------------------------------------------------------

    def register_key(self, party: str, *, by: str = "operator", name: str = "", custody: str = "device") -> Effects:
        """Bind the key that belongs to ``name`` (the party's own name where empty)."""
        return self.judge(self.key_statement(party, by=by, name=name, custody=custody))

    def key_statement(self, party: str, *, by: str = "operator", name: str = "", custody: str = "device") -> Said:
        name = name or party
        jti = f"urn:uuid:key-{self.count}"
        pop = sign_pop(key_of(name).sign, aud=AUD, party=party, kid=kid_of(name), registrar=kid_of(by), jti=jti)
        act = acts.RegisterKey(party=party, kid=kid_of(name), x=x_of(name), custody=custody, pop=pop)
        return self.statement(by, act, jti=jti)


def loaded(books: Books, needs: Needs) -> Books:
    """The part of the books that ``Needs`` promises to be enough, and nothing more."""
    part = Books(operator=books.operator, log=books.log)
    lots = set(needs.lots)
    for event in needs.events & books.events.keys():
        part.events[event] = books.events[event]
        part.postings[event] = books.postings[event]
        lots |= {posting.key.lot for posting in books.postings[event]} | set(books.events[event].lots)
        for name in ("edges", "flags"):
            if event in getattr(books, name):
                getattr(part, name)[event] = getattr(books, name)[event]
        for site in {posting.key.site for posting in books.postings[event]} & books.handovers.keys():
            part.handovers[site] = books.handovers[site]
    parties = {books.operator, *needs.parties}
    for lot in lots:
        for name in ("lots", "recalls"):
            if lot in getattr(books, name):
                getattr(part, name)[lot] = getattr(books, name)[lot]
        if lot in books.holders:
            part.holders[lot] = set(books.holders[lot])
        for key in books.balances.rows(lot):
            part.balances[key] = books.balances[key]
            parties |= {key.owner, key.custodian}
        part.shortfalls |= {at: short for at, short in books.shortfalls.items() if at[0] == lot}
    part.plots = {uri: books.plots[uri] for uri in needs.plots & books.plots.keys()}
    part.sites = {uri: books.sites[uri] for uri in needs.sites & books.sites.keys()}
    part.keys = {kid: books.keys[kid] for kid in needs.kids & books.keys.keys()}
    parties |= {site.party for site in part.sites.values()} | {key.party for key in part.keys.values()}
    part.parties = {uri: books.parties[uri] for uri in parties & books.parties.keys()}
    return part


def world() -> World:
    """A log's beginning: its operator, parties with a key each, and their sites."""
    w = World(Books())
    w.say("operator", genesis())
    for name, (role, guardian, custody) in PARTIES.items():
        w.say("operator", acts.RegisterParty(party=name, kind="organisation", roles=(role,), guardian=guardian))
        w.register_key(name, custody=custody)
    for site, party in SITES.items():
        w.say("operator", acts.RegisterSite(site=site, party=party, kind=site))
    return w


def genesis() -> acts.Genesis:
    return acts.Genesis(
        origin="localhost:8000/log/test/1", operator="operator", operator_jwk=x_of("operator"), vkeys=()
    )


def line(lot: str, mass_mg: int) -> LotMass:
    return LotMass(lot=lot, mass_mg=mass_mg)


def new(lot: str, mass_mg: int, form: Form = Form.CHERRY, *claims: str, **said: Any) -> NewLot:
    return NewLot(lot=lot, mass_mg=mass_mg, form=form, attributes=Attributes(claims=claims, **said))


def correction(effects: Effects) -> acts.Correct:
    event = effects.event
    return acts.Correct(original=dict(event.payload), original_act=event.act, declared_at=AT, reason="did_not_occur")
