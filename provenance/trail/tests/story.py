"""A short trail that touches every projection: what tests of the trail tamper with, rebuild and prove."""

from dataclasses import dataclass
from datetime import UTC, datetime

from provenance.coffee.acts import (
    Attributes,
    Close,
    Correct,
    Difference,
    Dispatch,
    Form,
    Grade,
    Harvest,
    LossKind,
    LotMass,
    NewLot,
    Process,
    Recall,
    Receive,
    RevokeKey,
    Sample,
)
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import parse
from provenance.tlog.hashing import root_of
from provenance.trail.models import Event, Key
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, Withheld, record_acts

HOST = "localhost:8000"
KG = 1_000_000
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)

PARTY = "https://localhost:8000/epcis/party/"
SITE = "https://localhost:8000/epcis/loc/"
ALMAZ, WOTE, KOFI, NADIA = "almaz", "wote-station", "kofi-roastery", "nadia-audits"


def lot(form: Form, code: str) -> str:
    return lot_uri(HOST, form, code)


CHERRY = lot(Form.CHERRY, "A-1")
DAY = lot(Form.CHERRY, "W-2026-307")
WET = lot(Form.WET_PARCHMENT, "W-1")
PULP = lot(Form.PULP, "W-1")


def act(name: str, said: object, jti: str | None = None, **withheld: Withheld) -> Event:
    """Record one act in somebody's name."""
    return record_acts(PARTY + name, [Draft(said, withheld, jti)])[0]


def harvest(code: str = "A-1", kg: int = 84) -> Harvest:
    attributes = Attributes(country="ET", region="Yirgacheffe", variety=("kurume", "dega"), altitude_m=(1800, 2000))
    output = NewLot(lot=lot(Form.CHERRY, code), mass_mg=kg * KG, form=Form.CHERRY, attributes=attributes)
    return Harvest(at=NOON, site=SITE + ALMAZ, output=output)


def dispatch(code: str = "A-1", kg: int = 84) -> Dispatch:
    lines = (LotMass(lot=lot(Form.CHERRY, code), mass_mg=kg * KG),)
    return Dispatch(at=NOON, site=SITE + ALMAZ, lines=lines, to_party=PARTY + WOTE, to_site=SITE + WOTE, bags=2)


def receive(dispatched: Event, code: str = "A-1", kg: int = 83) -> Receive:
    cherry = lot(Form.CHERRY, code)
    return Receive(
        at=NOON,
        site=SITE + WOTE,
        dispatch=dispatched.event_id,
        lines=(LotMass(lot=cherry, mass_mg=kg * KG),),
        taken=(LotMass(lot=cherry, mass_mg=(kg + 1) * KG),),
        losses=(Difference(kind=LossKind.WEIGHING_DIFFERENCE, mass_mg=KG),),
        into=NewLot(lot=DAY, mass_mg=kg * KG, form=Form.CHERRY),
    )


def close(received: Event, root: str = "") -> Close:
    root = root or root_of([bytes(received.leaf_hash)]).hex()
    return Close(at=NOON, site=SITE + WOTE, lot=DAY, receipts=1, mass_mg=83 * KG, receipts_root=root)


def pulp(kg: int = 90) -> Process:
    outputs = (
        NewLot(lot=WET, mass_mg=50 * KG, form=Form.WET_PARCHMENT),
        NewLot(lot=PULP, mass_mg=(kg - 50) * KG, form=Form.PULP),
    )
    return Process(at=NOON, site=SITE + WOTE, step="pulp", inputs=(LotMass(lot=DAY, mass_mg=kg * KG),), outputs=outputs)


@dataclass(frozen=True)
class Story:
    """The events by what they were."""

    harvested: Event
    dispatched: Event
    received: Event
    closed: Event
    pulped: Event
    graded: Event
    corrected: Event
    recalled: Event
    revoked: Event


def tell() -> Story:
    """From harvest to recall: 83 kg received, 90 kg pulped (a shortfall of 7 kg), a grade that is taken back."""
    registry.register_plot(
        site=SITE + ALMAZ,
        country="ET",
        area_m2=8_000,
        geo="geo:6.1,38.2",
        boundary='{"type":"Point"}',
        by=PARTY + ALMAZ,
    )
    harvested = act(ALMAZ, harvest(), price=Withheld("38 ETB/kg", "partners"), note=Withheld("ripe", PARTY + WOTE))
    dispatched = act(ALMAZ, dispatch())
    received = act(WOTE, receive(dispatched), producer=Withheld(PARTY + ALMAZ, "auditors"))
    closed = act(WOTE, close(received))
    pulped = act(WOTE, pulp())
    said = Grade(at=NOON, site=SITE + WOTE, lot=WET, protocol="SCA 2004", results=(("score_centi", 8_650),))
    graded = act(NADIA, said)
    original = parse(bytes(graded.statement)).event
    taken_back = Correct(original=original, original_act="grade", declared_at=NOON, reason="did_not_occur")
    corrected = act(NADIA, taken_back)
    act(WOTE, Sample(at=NOON, site=SITE + WOTE, line=LotMass(lot=WET, mass_mg=KG)))
    recalled = act(WOTE, Recall(at=NOON, site=SITE + WOTE, lots=(WET,), reason="quality"))
    kid = Key.objects.get(party=PARTY + KOFI).kid
    revoked = registry.revoke_key(RevokeKey(kid=kid, since=NOON, from_index=3, reason="lost"), by=PARTY + KOFI)
    return Story(harvested, dispatched, received, closed, pulped, graded, corrected, recalled, revoked)
