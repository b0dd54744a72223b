"""A short trail, from Almaz' cherries to Kofi's bags, published."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from provenance.coffee import identifiers
from provenance.coffee.acts import (
    Difference,
    Dispatch,
    Form,
    Harvest,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Process,
    Receive,
)
from provenance.trail.models import Event, Log
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.publishing import publish

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
KG = 1_000_000
HOST = "localhost:8000"
CHERRY = identifiers.lot_uri(HOST, Form.CHERRY, "C1")
ROASTED = identifiers.lot_uri(HOST, Form.ROASTED, "R1")
BAGS = identifiers.gs1_lot_uri("09521234000105", "B1")


@dataclass
class Trail:
    log: Log
    harvest: Event
    pack: Event
    kept_from_the_log: Event


@pytest.fixture
def trail(log, almaz, wote, kofi) -> Trail:
    cherry = (LotMass(lot=CHERRY, mass_mg=100 * KG),)
    harvest = Harvest(at=NOON, site=almaz.site, output=NewLot(lot=CHERRY, mass_mg=100 * KG, form=Form.CHERRY))
    price = {"price": Withheld("2.10 USD a kg", "partners"), "note": Withheld("Picked red.", "public")}
    sent = Dispatch(at=NOON, site=almaz.site, lines=cherry, to_party=wote.party, to_site=wote.site)
    harvested, dispatched = record_acts(almaz.party, [Draft(harvest, price), Draft(sent)])
    received = Receive(at=NOON, site=wote.site, lines=cherry, from_party=almaz.party, dispatch=dispatched.event_id)
    green = NewLot(lot=identifiers.lot_uri(HOST, Form.GREEN, "G1"), mass_mg=16 * KG, form=Form.GREEN)
    milled = Process(
        at=NOON,
        site=wote.site,
        step="cherry_to_green",
        inputs=cherry,
        outputs=(green,),
        losses=(Difference(kind=LossKind.WATER, mass_mg=84 * KG),),
    )
    to_kofi = Dispatch(
        at=NOON,
        site=wote.site,
        lines=(LotMass(lot=green.lot, mass_mg=16 * KG),),
        to_party=kofi.party,
        to_site=kofi.site,
    )
    *_, shipped = record_acts(wote.party, [Draft(received), Draft(milled), Draft(to_kofi)])
    arrived = Receive(at=NOON, site=kofi.site, lines=to_kofi.lines, from_party=wote.party, dispatch=shipped.event_id)
    roast = Process(
        at=NOON,
        site=kofi.site,
        step="roast",
        inputs=to_kofi.lines,
        outputs=(NewLot(lot=ROASTED, mass_mg=13 * KG, form=Form.ROASTED),),
        losses=(Difference(kind=LossKind.ROAST_GAS, mass_mg=3 * KG),),
    )
    bagging = Pack(
        at=NOON,
        site=kofi.site,
        inputs=(LotMass(lot=ROASTED, mass_mg=13 * KG),),
        output=NewLot(lot=BAGS, mass_mg=13 * KG, form=Form.PACKED),
        count=52,
        net_mg=KG // 4,
        serials_root="ab" * 32,
        gtin="09521234000105",
    )
    *_, packed = record_acts(kofi.party, [Draft(arrived), Draft(roast), Draft(bagging)])
    publish(log)
    late = Harvest(
        at=NOON,
        site=almaz.site,
        output=NewLot(lot=identifiers.lot_uri(HOST, Form.CHERRY, "C2"), mass_mg=KG, form=Form.CHERRY),
    )
    (waiting,) = record_acts(almaz.party, [Draft(late)])
    return Trail(log, harvested, packed, waiting)
