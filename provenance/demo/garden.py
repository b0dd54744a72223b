"""Almaz's own garden, kept apart from the day-lot: a few bags, and a weight on which two people differ."""

from dataclasses import replace

from farms.services.plans import Plan
from farms.services.replying import reply
from provenance.coffee.acts import Form, Harvest, LossKind, NewLot
from provenance.demo.cast import Cast
from provenance.demo.stage import Stage, event, kg, line, lot
from provenance.demo.yirgacheffe import CHERRY
from shipments.services.making import output, process
from shipments.services.moving import dispatch
from shipments.services.plans import plan

PICKED, PARCHMENT, GREEN = (
    lot(Form.CHERRY, "ALMAZ-260108"),
    lot(Form.DRY_PARCHMENT, "ALMAZ-P"),
    lot(Form.GREEN, "ALMAZ-G"),
)
SENT_KG, WEIGHED_KG, PARCHMENT_KG, GREEN_KG = 148, 139, 28, 22.5


def tell(stage: Stage, cast: Cast) -> None:
    received = deliver(stage, cast)
    mill(stage, cast)
    stage.tell("garden/contested", lambda: contest(stage, cast, received))


def deliver(stage: Stage, cast: Cast) -> str:
    almaz = cast.almaz
    at = almaz.at("2026-01-08 12:00")
    said = replace(CHERRY, altitude_m=(1950, 2050), harvest_start=at.date(), harvest_end=at.date())
    cherry = NewLot(lot=PICKED, mass_mg=kg(SENT_KG).mass_mg, form=Form.CHERRY, attributes=said)
    stage.tell(
        "garden/harvest",
        lambda: plan(almaz.party, Harvest(at=at, site=almaz.site, output=cherry), weights=[("cherry", kg(SENT_KG))]),
    )
    sent = stage.tell(
        "garden/sent",
        lambda: dispatch(
            party=almaz.party,
            at=almaz.at("2026-01-08 13:30"),
            site=almaz.site,
            lines=[line(PICKED, SENT_KG)],
            to_party=cast.misale.party,
            bags=3,
        ),
    )
    return stage.take_in("garden/received", cast.misale, sent, "2026-01-08 14:20", (PICKED, WEIGHED_KG))


def contest(stage: Stage, cast: Cast, received: str) -> Plan:
    return reply(
        party=cast.almaz.party,
        event=event(received),
        at=cast.almaz.at("2026-01-09 08:15"),
        reason="weight",
        words="I weighed three bags at home: 148 kg. Nobody let me see the scale at the gate.",
        audience="public",
    )


def mill(stage: Stage, cast: Cast) -> None:
    station, importer, roaster = cast.misale, cast.importer, cast.roaster
    stage.tell(
        "garden/dried",
        lambda: process(
            party=station.party,
            at=station.at("2026-01-24 16:00"),
            site=station.site,
            step="wash_and_dry",
            inputs=[line(PICKED, WEIGHED_KG)],
            outputs=[output(PARCHMENT, Form.DRY_PARCHMENT, kg(PARCHMENT_KG), parents=[PICKED], process="washed")],
            rest=LossKind.WATER,
        ),
    )
    stage.tell(
        "garden/hulled",
        lambda: process(
            party=station.party,
            at=station.at("2026-02-11 10:00"),
            site=station.site,
            step="hull_washed",
            inputs=[line(PARCHMENT, PARCHMENT_KG)],
            outputs=[output(GREEN, Form.GREEN, kg(GREEN_KG), parents=[PARCHMENT], grade="Grade 1")],
            rest=LossKind.REJECT,
        ),
    )
    sent = stage.tell(
        "garden/shipped",
        lambda: dispatch(
            party=station.party,
            at=station.at("2026-03-12 18:00"),
            site=station.site,
            lines=[line(GREEN, GREEN_KG)],
            to_party=importer.party,
            bags=1,
        ),
    )
    stage.take_in("garden/landed", importer, sent, "2026-05-06 10:00", (GREEN, GREEN_KG), bags=1)
    sent = stage.tell(
        "garden/to Vienna",
        lambda: dispatch(
            party=importer.party,
            at=importer.at("2026-10-19 09:30"),
            site=importer.site,
            lines=[line(GREEN, GREEN_KG)],
            to_party=roaster.party,
            bags=1,
        ),
    )
    stage.take_in("garden/in Vienna", roaster, sent, "2026-10-22 14:30", (GREEN, GREEN_KG), bags=1)
