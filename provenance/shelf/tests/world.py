"""A bag's whole way, recorded through the trail's own services: farmers, a day-lot, a mill's steps, a roaster, bags."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from provenance.bags.models import Bag, Product
from provenance.bags.services.issuing import draw_serials, keep_bags
from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Difference, Form, LossKind, LotMass, NewLot
from provenance.coffee.identifiers import gs1_lot_uri, lot_uri
from provenance.trail.models import Event, Log, pk_of
from provenance.trail.services import publishing, registry
from provenance.trail.services.acting import Draft, Withheld, record_acts

HOST = "localhost:8000"
GTIN = "09521234000105"
KG = 1_000_000
EAT = timezone(timedelta(hours=3))
CET = timezone(timedelta(hours=1))

PARTIES = f"https://{HOST}/epcis/party/"
SITES = f"https://{HOST}/epcis/loc/"
ALMAZ, WOTE, KOFI = (PARTIES + name for name in ("almaz", "wote-station", "kofi-roastery"))
FARM, STATION, ROASTERY = (SITES + name for name in ("almaz", "wote-station", "kofi-roastery"))

DAY_LOT = lot_uri(HOST, Form.CHERRY, "D-0302")
PARCHMENT = lot_uri(HOST, Form.DRY_PARCHMENT, "P-0302")
GREEN = lot_uri(HOST, Form.GREEN, "G-0302")
ROASTED = lot_uri(HOST, Form.ROASTED, "R-1103")
PACKED = gs1_lot_uri(GTIN, "R1103")
BUNDLE = f"/bundle/{pk_of(PACKED)}.json"


def at(month: int, day: int, hour: int = 9, zone: timezone = EAT) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=zone)


@dataclass
class World:
    """What was packed. ``events`` by a short name: "picked", "took in", "roasted", "packed" …"""

    log: Log
    events: dict[str, Event]
    bags: Sequence[Bag]
    product: Product

    @property
    def digital_link(self) -> str:
        """What the first bag's code says; a browser gets the page there, whatever else is led to it."""
        bag = self.bags[0]
        return f"/01/{GTIN}/10/{bag.lot_code}/21/{bag.serial}"

    @property
    def link(self) -> str:
        """The first bag's page."""
        return f"/page{self.digital_link}"

    def publish(self) -> None:
        publishing.publish(self.log, index=True)


def farmers(count: int) -> list[tuple[str, str]]:
    """Further farmers, each with a farm; their names are for auditors only."""
    made = []
    for number in range(count):
        party = registry.register_party(
            kind="person", roles=["farmer"], name=f"Farmer {number}", country="ET", audience="auditors"
        )
        site = registry.register_site(
            party=party, kind="farm", name=f"Farm {number}", country="ET", geo="geo:6.2,38.2", audience="auditors"
        )
        made.append((party, site))
    return made


def deliver(party: str, site: str, lot: str, mass_mg: int, hour: int) -> tuple[Event, Event, Event]:
    """A farmer picks, sends and is weighed in at the station, on one day."""
    picked = acts.Harvest(
        at=at(3, 2, 6),
        site=site,
        output=NewLot(lot=lot, mass_mg=mass_mg, form=Form.CHERRY, attributes=Attributes(country="ET")),
    )
    line = LotMass(lot=lot, mass_mg=mass_mg)
    [harvest] = record_acts(party, [Draft(picked)])
    [sent] = record_acts(
        party, [Draft(acts.Dispatch(at=at(3, 2, 8), site=site, lines=(line,), to_party=WOTE, to_site=STATION))]
    )
    receipt = acts.Receive(
        at=at(3, 2, hour),
        site=STATION,
        lines=(line,),
        from_party=party,
        dispatch=sent.event_id,
        into=NewLot(lot=DAY_LOT, mass_mg=mass_mg, form=Form.CHERRY),
    )
    [taken] = record_acts(
        WOTE,
        [
            Draft(
                receipt, {"price": Withheld("0.55 USD a kg of cherry", "public"), "note": Withheld("Ripe", "auditors")}
            )
        ],
    )
    return harvest, sent, taken


def build(log: Log, *, others: int = 0, bags: int = 3, publish: bool = True) -> World:
    """Almaz and ``others`` deliver to Wote, who washes and hulls; Kofi roasts and packs."""
    events: dict[str, Event] = {}
    lot = lot_uri(HOST, Form.CHERRY, "H-1")
    events["picked"], events["sent"], events["took in"] = deliver(ALMAZ, FARM, lot, 84_500_000, 14)
    for number, (party, site) in enumerate(farmers(others)):
        deliver(party, site, lot_uri(HOST, Form.CHERRY, f"H-{number + 2}"), 60 * KG + number * 500_000, 15)
    cherry_mg = 84_500_000 + sum(60 * KG + number * 500_000 for number in range(others))

    def does(name: str, party: str, act: acts.Act, **withheld: Withheld) -> Event:
        [events[name]] = record_acts(party, [Draft(act, withheld)])
        return events[name]

    parchment_mg = cherry_mg // 5
    does(
        "washed",
        WOTE,
        acts.Process(
            at=at(3, 3),
            site=STATION,
            step="wash_and_dry",
            inputs=(LotMass(lot=DAY_LOT, mass_mg=cherry_mg),),
            outputs=(NewLot(lot=PARCHMENT, mass_mg=parchment_mg, form=Form.DRY_PARCHMENT, attributes=SAID),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=cherry_mg - parchment_mg),),
        ),
    )
    green_mg = parchment_mg * 4 // 5
    does(
        "hulled",
        WOTE,
        acts.Process(
            at=at(4, 20),
            site=STATION,
            step="hull_washed",
            inputs=(LotMass(lot=PARCHMENT, mass_mg=parchment_mg),),
            outputs=(NewLot(lot=GREEN, mass_mg=green_mg, form=Form.GREEN),),
            losses=(Difference(kind=LossKind.SPILLAGE, mass_mg=parchment_mg - green_mg),),
        ),
    )
    line = LotMass(lot=GREEN, mass_mg=green_mg)
    does("shipped", WOTE, acts.Dispatch(at=at(5, 4), site=STATION, lines=(line,), to_party=KOFI, to_site=ROASTERY))
    does(
        "arrived",
        KOFI,
        acts.Receive(
            at=at(9, 1, 10, CET), site=ROASTERY, lines=(line,), from_party=WOTE, dispatch=events["shipped"].event_id
        ),
        price=Withheld("7.10 USD a kg of green coffee", "partners"),
    )
    does(
        "graded",
        KOFI,
        acts.Grade(
            at=at(9, 3, 10, CET),
            site=ROASTERY,
            lot=GREEN,
            protocol="SCA 2004",
            results=(("score_centi", 8625), ("moisture_permille", 112)),
        ),
    )
    roasted_mg = green_mg * 84 // 100
    does(
        "roasted",
        KOFI,
        acts.Process(
            at=at(11, 3, 8, CET),
            site=ROASTERY,
            step="roast",
            inputs=(line,),
            outputs=(NewLot(lot=ROASTED, mass_mg=roasted_mg, form=Form.ROASTED),),
            losses=(Difference(kind=LossKind.ROAST_GAS, mass_mg=green_mg - roasted_mg),),
        ),
    )
    drawn = draw_serials(bags)
    packed_mg = bags * 250_000_000 // 1000
    does(
        "packed",
        KOFI,
        acts.Pack(
            at=at(11, 3, 15, CET),
            site=ROASTERY,
            inputs=(LotMass(lot=ROASTED, mass_mg=packed_mg + 10_000),),
            losses=(Difference(kind=LossKind.REJECT, mass_mg=10_000),),
            output=NewLot(
                lot=PACKED, mass_mg=packed_mg, form=Form.PACKED, attributes=Attributes(best_before=date(2027, 11, 3))
            ),
            count=bags,
            net_mg=250_000,
            serials_root=drawn.root.hex(),
            gtin=GTIN,
        ),
    )
    product = Product.objects.create(party_uri=KOFI, name="Wote natural light", gtin=GTIN, net_mg=250_000)
    world = World(log, events, keep_bags(drawn, lot_uri=PACKED, gtin=GTIN, product=product), product)
    if publish:
        world.publish()
    return world


SAID = Attributes(country="ET", region="Sidama", variety=("Kurume", "74110"), process="washed")


def blended_with_more_of_brazil() -> str:
    """Coffee of which a fifth is GREEN and nobody says more of the rest than its country; the blend's URI."""
    bought, blend = (lot_uri(HOST, Form.GREEN, code) for code in ("X-9", "B-1"))
    line = LotMass(lot=bought, mass_mg=4 * KG)
    begins = (NewLot(lot=bought, mass_mg=4 * KG, form=Form.GREEN, attributes=Attributes(country="BR")),)
    buy = acts.Receive(at=at(10, 1), site=ROASTERY, lines=(line,), begins=begins)
    mix = acts.Process(
        at=at(10, 2),
        site=ROASTERY,
        step="blend",
        inputs=(LotMass(lot=GREEN, mass_mg=1 * KG), line),
        outputs=(NewLot(lot=blend, mass_mg=5 * KG, form=Form.GREEN),),
    )
    record_acts(KOFI, [Draft(buy), Draft(mix)])
    return blend
