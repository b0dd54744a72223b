"""A small coffee world for the ledger's tests: parties, sites and keys, and statements without an envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Form, LotMass, NewLot
from provenance.coffee.ledger import Books, Effects, KeyFact, PartyFact, SiteFact, apply
from provenance.coffee.rules import authorise

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
KG = 1_000_000

PARTIES = {
    "operator": ("operator",),
    "farmer": ("farmer",),
    "collector": ("collector",),
    "station": ("station",),
    "mill": ("mill",),
    "roaster": ("roaster",),
    "auditor": ("auditor",),
}
SITES = {"farm": "farmer", "washing": "station", "milling": "mill", "roastery": "roaster"}
GUARDIANS = {"farmer": "collector"}


@dataclass(frozen=True)
class Said:
    """What the ledger reads of a statement."""

    jti: str
    iss: str
    act: str
    body: acts.Act
    kid: str
    aud: str = "localhost:8000/log/test#0000000000000000"
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
        return Said(jti, iss, act.name, act, kid or f"{iss}-key", event=event)

    def judge(self, statement: Said, index: int | None = None) -> Effects:
        authorise(self.books, statement, index)
        effects = apply(self.books, statement, index)
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

    def receive(self, iss: str, site: str, *lines: LotMass, **more: Any) -> Effects:
        return self.say(iss, acts.Receive(at=AT, site=site, lines=lines, **more))

    def process(self, iss: str, site: str, step: str, inputs: list[LotMass], *outputs: NewLot, **more: Any) -> Effects:
        act = acts.Process(at=AT, site=site, step=step, inputs=tuple(inputs), outputs=outputs, **more)
        return self.say(iss, act)

    def mass(self, lot: str, site: str | None = None, owner: str | None = None, custodian: str | None = None) -> int:
        return sum(
            self.books.balances[key]
            for key in self.books.balances.rows(lot)
            if site in (None, key.site) and owner in (None, key.owner) and custodian in (None, key.custodian)
        )


def world() -> World:
    """Parties with a key each and their sites, as registered long ago."""
    books = Books(operator="operator")
    for name, roles in PARTIES.items():
        books.parties[name] = PartyFact(name, "organisation", roles, "ET", GUARDIANS.get(name))
        books.keys[f"{name}-key"] = KeyFact(f"{name}-key", name, "x", "device", "operator", from_leaf=0)
    for name, party in SITES.items():
        books.sites[name] = SiteFact(name, party, name)
    return World(books)


def line(lot: str, mass_mg: int) -> LotMass:
    return LotMass(lot=lot, mass_mg=mass_mg)


def new(lot: str, mass_mg: int, form: Form = Form.CHERRY, *claims: str, **said: Any) -> NewLot:
    return NewLot(lot=lot, mass_mg=mass_mg, form=form, attributes=Attributes(claims=claims, **said))


def correction(effects: Effects) -> acts.Correct:
    event = effects.event
    return acts.Correct(original=dict(event.payload), original_act=event.act, declared_at=AT, reason="did_not_occur")
