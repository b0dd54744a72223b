"""Five families dry their own parchment; their cooperative gathers it, a dry mill hulls it."""

from provenance.coffee.acts import Attributes, Form, Harvest, LossKind, NewLot
from provenance.coffee.plots import area_m2, blur, centre, parse_geojson
from provenance.demo.cast import Cast
from provenance.demo.stage import Actor, Stage, kg, line, lot
from provenance.demo.trade import Voyage, sell_at_mill, ship
from provenance.trail.models import Plot
from provenance.trail.services import registry
from shipments.services.making import close, output, process
from shipments.services.moving import Pour, dispatch, refuse
from shipments.services.plans import Plan, plan

DAY_LOT = lot(Form.DRY_PARCHMENT, "HUI-2607")
GREEN = lot(Form.GREEN, "HUI-2607-EX")
COFFEE = Attributes(country="CO", region="Huila", species="arabica", process="washed", variety=("Caturra", "Castillo"))

# Cherry picked, parchment dried from it, and what the cooperative's scale showed; kilograms.
DELIVERIES = ((1450, 297, 297), (1210, 246, 245.5), (980, 201, 201), (1630, 331, 331), (870, 178, 178.5))
PARCHMENT_KG = sum(weighed for _, _, weighed in DELIVERIES)
GREEN_KG = 980
VOYAGE = Voyage(
    story="huila",
    lot=GREEN,
    kg=GREEN_KG,
    landed_kg=978.4,
    bags=14,
    sold="2026-07-20 10:00",
    sent="2026-07-22 06:30",
    stored="2026-07-23 15:00",
    cupped="2026-07-24 11:00",
    shipped="2026-07-30 18:00",
    landed="2026-08-27 08:15",
    score_centi=8625,
    price="7.40 USD a kg of green coffee, free on board",
)

FIELD = """{"type": "Polygon", "coordinates": [[[-76.0521, 1.8504], [-76.0502, 1.8506], [-76.0500, 1.8489],
 [-76.0519, 1.8487], [-76.0521, 1.8504]]]}"""


def tell(stage: Stage, cast: Cast) -> None:
    register_field(cast.growers[0])
    for number, (grower, weights) in enumerate(zip(cast.growers, DELIVERIES, strict=True), 1):
        deliver(stage, cast, grower, number, *weights)
    send_back(stage, cast, cast.growers[1])
    seal_and_hull(stage, cast)
    sell_at_mill(stage, VOYAGE, owner=cast.huila_coop, mill=cast.huila_mill, exporter=cast.huila_exporter)
    ship(stage, cast, VOYAGE, cast.huila_exporter)


def register_field(grower: Actor) -> None:
    if not Plot.objects.filter(site__uri=grower.site).exists():
        boundary = parse_geojson(FIELD)
        registry.register_plot(
            site=grower.site,
            country=grower.country,
            area_m2=area_m2(boundary),
            geo=blur(centre(boundary)),
            boundary=FIELD,
            name="Lote de arriba",
            by=grower.party,
        )


def deliver(
    stage: Stage, cast: Cast, grower: Actor, number: int, cherry: float, parchment: float, weighed: float
) -> None:
    story = f"huila/{grower.username}"
    dried = dry(stage, grower, story, f"H2605-{number}", cherry, parchment, picked="2026-05-16", dried="2026-06-02")
    sent = send(stage, cast, grower, story, dried, parchment, "2026-07-06 06:30")
    stage.take_in(
        f"{story}/received",
        cast.huila_coop,
        sent,
        f"2026-07-06 {8 + number:02}:20",
        (dried, weighed),
        into=Pour(DAY_LOT, Form.DRY_PARCHMENT, COFFEE),
        moisture_permille=108 + number,
    )


def send_back(stage: Stage, cast: Cast, grower: Actor) -> None:
    """A second load of the same farm comes too moist; it goes home again."""
    story = f"huila/{grower.username} again"
    dried = dry(stage, grower, story, "H2606-2", 420, 92, picked="2026-06-20", dried="2026-07-04")
    sent = send(stage, cast, grower, story, dried, 92, "2026-07-06 14:00")
    stage.tell(
        f"{story}/refused",
        lambda: refuse(
            party=cast.huila_coop.party,
            at=cast.huila_coop.at("2026-07-06 15:30"),
            site=cast.huila_coop.site,
            delivery=stage.delivery(cast.huila_coop, sent),
            lines=[line(dried, 92)],
            reason="moisture",
            note="14.9 %; dry it three more days and bring it again.",
        ),
    )


def dry(
    stage: Stage, grower: Actor, story: str, code: str, cherry: float, parchment: float, *, picked: str, dried: str
) -> str:
    """Pick, pulp, wash and dry at the farm; returns the parchment lot."""
    picked_lot, dried_lot = lot(Form.CHERRY, f"{code}C"), lot(Form.DRY_PARCHMENT, f"{code}P")
    stage.tell(f"{story}/harvest", lambda: harvest(grower, picked_lot, cherry, picked))
    stage.tell(
        f"{story}/dried",
        lambda: process(
            party=grower.party,
            at=grower.at(f"{dried} 16:00"),
            site=grower.site,
            step="wash_and_dry",
            inputs=[line(picked_lot, cherry)],
            outputs=[output(dried_lot, Form.DRY_PARCHMENT, kg(parchment), parents=[picked_lot], process="washed")],
            rest=LossKind.WATER,
        ),
    )
    return dried_lot


def harvest(grower: Actor, picked_lot: str, cherry: float, day: str) -> Plan:
    at = grower.at(f"{day} 17:00")
    said = Attributes(
        country="CO", region="Huila", species="arabica", variety=COFFEE.variety, altitude_m=(1600, 1750),
        harvest_start=at.date(), harvest_end=at.date(),
    )  # fmt: skip
    weight = kg(cherry)
    made = NewLot(lot=picked_lot, mass_mg=weight.mass_mg, form=Form.CHERRY, attributes=said)
    return plan(grower.party, Harvest(at=at, site=grower.site, output=made), weights=[("cherry", weight)])


def send(stage: Stage, cast: Cast, grower: Actor, story: str, dried: str, parchment: float, at: str) -> str:
    return stage.tell(
        f"{story}/sent",
        lambda: dispatch(
            party=grower.party,
            at=grower.at(at),
            site=grower.site,
            lines=[line(dried, parchment)],
            to_party=cast.huila_coop.party,
            bags=round(parchment / 40),
        ),
    )


def seal_and_hull(stage: Stage, cast: Cast) -> None:
    coop, mill = cast.huila_coop, cast.huila_mill
    stage.tell(
        "huila/closed", lambda: close(party=coop.party, at=coop.at("2026-07-06 17:00"), site=coop.site, lot=DAY_LOT)
    )
    sent = stage.tell(
        "huila/to the mill",
        lambda: dispatch(
            party=coop.party,
            at=coop.at("2026-07-10 05:30"),
            site=coop.site,
            lines=[line(DAY_LOT, PARCHMENT_KG)],
            to_party=mill.party,
            title=False,
            bags=31,
        ),
    )
    stage.take_in("huila/at the mill", mill, sent, "2026-07-10 13:00", (DAY_LOT, PARCHMENT_KG), bags=31)
    stage.tell(
        "huila/hulled",
        lambda: process(
            party=mill.party,
            at=mill.at("2026-07-16 16:00"),
            site=mill.site,
            step="hull_washed",
            inputs=[line(DAY_LOT, PARCHMENT_KG)],
            outputs=[
                output(GREEN, Form.GREEN, kg(GREEN_KG), parents=[DAY_LOT], grade="Excelso EP"),
                output(lot(Form.TRIAGE, "HUI-2607-PA"), Form.TRIAGE, kg(40), parents=[DAY_LOT]),
                output(lot(Form.PARCHMENT_HUSK, "HUI-2607-CI"), Form.PARCHMENT_HUSK, kg(225), parents=[DAY_LOT]),
            ],
            rest=LossKind.SPILLAGE,
            owner=coop.party,
        ),
    )
