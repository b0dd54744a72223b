"""The road that all three coffees take alike: sold at the mill, shipped, and from the importer's door to Vienna."""

from dataclasses import dataclass

from provenance.demo.cast import Cast
from provenance.demo.stage import Actor, Stage, line
from shipments.services.looking import grade
from shipments.services.moving import dispatch, transfer_title


@dataclass(frozen=True)
class Voyage:
    """
    One lot of green coffee on its way from its mill. Times are on the clock of whoever acts then.

    ``landed_kg`` is what the importer's scale shows; ``score_centi`` the exporter's cupping.
    """

    story: str
    lot: str
    kg: float
    landed_kg: float
    bags: int
    sold: str
    sent: str
    stored: str
    cupped: str
    shipped: str
    landed: str
    score_centi: int
    price: str


def sell_at_mill(stage: Stage, voyage: Voyage, *, owner: Actor, mill: Actor, exporter: Actor) -> None:
    """The owner makes the lot over; the mill, which only keeps it, sends it to the exporter."""
    stage.tell(
        f"{voyage.story}/sold",
        lambda: transfer_title(
            party=owner.party,
            at=owner.at(voyage.sold),
            site=mill.site,
            lines=[line(voyage.lot, voyage.kg)],
            to_party=exporter.party,
            custodian=mill.party,
            price=voyage.price,
        ),
    )
    sent = stage.tell(
        f"{voyage.story}/sent to port",
        lambda: dispatch(
            party=mill.party,
            at=mill.at(voyage.sent),
            site=mill.site,
            lines=[line(voyage.lot, voyage.kg)],
            to_party=exporter.party,
            owner=exporter.party,
            title=False,
            bags=voyage.bags,
        ),
    )
    stage.take_in(
        f"{voyage.story}/at the port", exporter, sent, voyage.stored, (voyage.lot, voyage.kg), bags=voyage.bags
    )


def ship(stage: Stage, cast: Cast, voyage: Voyage, exporter: Actor) -> None:
    stage.tell(
        f"{voyage.story}/cupped",
        lambda: grade(
            party=exporter.party,
            at=exporter.at(voyage.cupped),
            site=exporter.site,
            lot=voyage.lot,
            protocol="SCA 2004",
            results={"score_centi": voyage.score_centi, "moisture_permille": 112},
        ),
    )
    sent = stage.tell(
        f"{voyage.story}/shipped",
        lambda: dispatch(
            party=exporter.party,
            at=exporter.at(voyage.shipped),
            site=exporter.site,
            lines=[line(voyage.lot, voyage.kg)],
            to_party=cast.importer.party,
            bags=voyage.bags,
            price=voyage.price,
        ),
    )
    stage.take_in(
        f"{voyage.story}/landed", cast.importer, sent, voyage.landed, (voyage.lot, voyage.landed_kg), bags=voyage.bags
    )


def to_vienna(stage: Stage, cast: Cast, voyage: Voyage, kilograms: float, bags: int) -> None:
    sent = stage.tell(
        f"{voyage.story}/to Vienna",
        lambda: dispatch(
            party=cast.importer.party,
            at=cast.importer.at("2026-10-19 09:00"),
            site=cast.importer.site,
            lines=[line(voyage.lot, kilograms)],
            to_party=cast.roaster.party,
            bags=bags,
        ),
    )
    stage.take_in(
        f"{voyage.story}/in Vienna", cast.roaster, sent, "2026-10-22 14:10", (voyage.lot, kilograms), bags=bags
    )
