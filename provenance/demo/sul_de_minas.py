"""One farm dries its cherries whole; the cooperative's warehouse hulls them, and finds a typing error too late."""

from datetime import date

from provenance.coffee.acts import Attributes, Form, Harvest, LossKind, NewLot
from provenance.demo.cast import Cast
from provenance.demo.stage import Stage, kg, line, lot
from provenance.demo.trade import Voyage, sell_at_mill, ship
from provenance.trail.services.queries import event_of
from shipments.services.correcting import correct
from shipments.services.making import output, process
from shipments.services.moving import dispatch
from shipments.services.plans import Plan, plan

CHERRY = lot(Form.CHERRY, "FDC-2606C")
DRIED = lot(Form.DRIED_CHERRY, "FDC-2606N")
UNGRADED = lot(Form.GREEN_UNGRADED, "FDC-2606B")
GREEN = lot(Form.GREEN, "FDC-2606-17")
COFFEE = Attributes(
    country="BR",
    region="Sul de Minas",
    species="arabica",
    variety=("Yellow Bourbon",),
    altitude_m=(1150, 1200),
    harvest_start=date(2026, 6, 8),
    harvest_end=date(2026, 6, 22),
)

# The scale showed 3,105 kg; 3,150 was typed, and 3,150 was hulled on paper before anybody saw it.
WEIGHED_KG, TYPED_KG = 3_105, 3_150

VOYAGE = Voyage(
    story="sul de minas",
    lot=GREEN,
    kg=1_380,
    landed_kg=1_378.5,
    bags=23,
    sold="2026-08-10 09:00",
    sent="2026-08-12 05:00",
    stored="2026-08-12 14:30",
    cupped="2026-08-14 10:00",
    shipped="2026-08-25 22:00",
    landed="2026-09-21 10:45",
    score_centi=8350,
    price="6.20 USD a kg of green coffee, free on board",
)


def tell(stage: Stage, cast: Cast) -> None:
    received = gather(stage, cast)
    hull(stage, cast)
    sell_at_mill(stage, VOYAGE, owner=cast.minas_coop, mill=cast.minas_coop, exporter=cast.minas_exporter)
    stage.tell("sul de minas/weight corrected", lambda: right_weight(cast, received))
    ship(stage, cast, VOYAGE, cast.minas_exporter)


def gather(stage: Stage, cast: Cast) -> str:
    farm = cast.joao
    weight = kg(9_000)
    cherry = NewLot(lot=CHERRY, mass_mg=weight.mass_mg, form=Form.CHERRY, attributes=COFFEE)
    stage.tell(
        "sul de minas/harvest",
        lambda: plan(
            farm.party,
            Harvest(at=farm.at("2026-06-22 17:30"), site=farm.site, output=cherry),
            weights=[("cherry", weight)],
        ),
    )
    stage.tell(
        "sul de minas/dried",
        lambda: process(
            party=farm.party,
            at=farm.at("2026-07-14 15:00"),
            site=farm.site,
            step="natural",
            inputs=[line(CHERRY, 9_000)],
            outputs=[output(DRIED, Form.DRIED_CHERRY, kg(WEIGHED_KG), parents=[CHERRY], process="natural")],
            rest=LossKind.WATER,
        ),
    )
    sent = stage.tell(
        "sul de minas/sent",
        lambda: dispatch(
            party=farm.party,
            at=farm.at("2026-07-17 07:00"),
            site=farm.site,
            lines=[line(DRIED, WEIGHED_KG)],
            to_party=cast.minas_coop.party,
        ),
    )
    return stage.take_in("sul de minas/received", cast.minas_coop, sent, "2026-07-17 09:40", (DRIED, TYPED_KG))


def hull(stage: Stage, cast: Cast) -> None:
    coop = cast.minas_coop
    stage.tell(
        "sul de minas/hulled",
        lambda: process(
            party=coop.party,
            at=coop.at("2026-08-03 16:00"),
            site=coop.site,
            step="hull_natural",
            inputs=[line(DRIED, TYPED_KG)],
            outputs=[
                output(UNGRADED, Form.GREEN_UNGRADED, kg(1_555), parents=[DRIED]),
                output(lot(Form.CHERRY_HUSK, "FDC-2606H"), Form.CHERRY_HUSK, kg(1_480), parents=[DRIED]),
            ],
            rest=LossKind.SPILLAGE,
        ),
    )
    stage.tell(
        "sul de minas/sorted",
        lambda: process(
            party=coop.party,
            at=coop.at("2026-08-05 15:00"),
            site=coop.site,
            step="sort_green",
            inputs=[line(UNGRADED, 1_555)],
            outputs=[
                output(GREEN, Form.GREEN, kg(VOYAGE.kg), parents=[UNGRADED], grade="NY 2, screen 17/18"),
                output(lot(Form.TRIAGE, "FDC-2606E"), Form.TRIAGE, kg(155), parents=[UNGRADED]),
            ],
            rest=LossKind.REJECT,
        ),
    )


def right_weight(cast: Cast, received: str) -> Plan:
    """The receipt is taken back and said again; what was hulled beyond it stays visible as a shortfall."""
    coop, event = cast.minas_coop, event_of(received)
    assert event is not None
    return correct(
        party=coop.party,
        event=event,
        declared_at=coop.at("2026-08-21 11:15"),
        reason="incorrect_data",
        right={"lines.0": kg(WEIGHED_KG)},
        note="The ticket of the scale says 3,105 kg; two digits were swapped when it was typed.",
    )
