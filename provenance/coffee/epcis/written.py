"""The members of an EPCIS event that several acts share, as they are written."""

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from provenance.coffee.acts import NOTHING_SAID, Difference, FileRow, LotMass, NewLot
from provenance.coffee.epcis.members import Json
from provenance.coffee.epcis.quantities import to_kg
from provenance.coffee.epcis.sensors import report

# An act's attribute -> its member; those of the Core Business Vocabulary first.
ATTRIBUTES = (
    ("country", "cbvmda:countryOfOrigin"),
    ("harvest_start", "cbvmda:harvestStartDate"),
    ("harvest_end", "cbvmda:harvestEndDate"),
    ("best_before", "cbvmda:bestBeforeDate"),
    ("region", "coffee:region"),
    ("species", "coffee:species"),
    ("variety", "coffee:variety"),
    ("process", "coffee:process"),
    ("grade", "coffee:grade"),
    ("roast_degree", "coffee:roastDegree"),
    ("claims", "coffee:claims"),
)
DATES = frozenset({"harvest_start", "harvest_end", "best_before"})
LISTS = frozenset({"variety", "claims"})


def time_text(at: datetime) -> str:
    """RFC 3339 with milliseconds and a numeric offset: the one written form of a time."""
    return at.isoformat(timespec="milliseconds")


def file_uri(sha256: str) -> str:
    """Names a file by its SHA-256 (hex): RFC 6920, section 3."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def head(type: str, act: Any, event_id: str) -> Json:
    time = time_text(act.at)
    return {"type": type, "eventID": event_id, "eventTime": time, "eventTimeZoneOffset": time[-6:]}


def quantity(lot: str, mass_mg: int) -> Json:
    return {"epcClass": lot, "quantity": to_kg(mass_mg), "uom": "KGM"}


def quantities(lines: Iterable[LotMass | NewLot]) -> list[Json]:
    return [quantity(line.lot, line.mass_mg) for line in lines]


def place(event: Json, site: str, *, stays: bool = True) -> None:
    event["readPoint"] = {"id": site}
    if stays:
        event["bizLocation"] = {"id": site}


def about_event(event: Json, event_id: str | None) -> None:
    if event_id is not None:
        event["bizTransactionList"] = [{"type": "upevt", "bizTransaction": event_id}]


def sources(event: Json, *parties: tuple[str, str | None]) -> None:
    if named := [{"type": type, "source": uri} for type, uri in parties if uri is not None]:
        event["sourceList"] = named


def destinations(event: Json, *parties: tuple[str, str | None]) -> None:
    if named := [{"type": type, "destination": uri} for type, uri in parties if uri is not None]:
        event["destinationList"] = named


def sensors(event: Json, results: tuple[tuple[str, int], ...]) -> None:
    if results:
        event["sensorElementList"] = [{"sensorReport": [report(name, number) for name, number in results]}]


def description(made: NewLot) -> Json:
    """Form and attributes of one lot, in the words of CBV master data where it has them."""
    described: Json = {"coffee:form": made.form.value}
    said = made.attributes
    if said is NOTHING_SAID:
        return described
    for field, member in ATTRIBUTES:
        value = getattr(said, field)
        if value:
            described[member] = value.isoformat() if field in DATES else list(value) if field in LISTS else value
    if said.altitude_m is not None:
        described["coffee:lowestMetres"], described["coffee:highestMetres"] = said.altitude_m
    return described


def named_description(made: NewLot) -> Json:
    return {"coffee:lot": made.lot, **description(made)}


def ilmd(outputs: tuple[NewLot, ...]) -> Json:
    # ilmd describes all outputs alike; several lots are told apart in a list of our own.
    if len(outputs) == 1:
        return description(outputs[0])
    return {"coffee:lots": [named_description(made) for made in outputs]}


def differences(event: Json, act: Any) -> None:
    for member, named in (("coffee:losses", act.losses), ("coffee:gains", act.gains)):
        if named:
            event[member] = [_difference(difference) for difference in named]


def _difference(named: Difference) -> Json:
    return {
        "coffee:kind": named.kind.value,
        "coffee:basis": named.basis.value,
        "quantity": to_kg(named.mass_mg),
        "uom": "KGM",
    }


def file_row(event: Json, row: FileRow | None) -> None:
    if row is not None:
        event["coffee:declaredFrom"] = {"coffee:sha256": row.sha256, "coffee:row": row.row}


def object(
    act: Any,
    event_id: str,
    quantities: list[Json],
    *,
    action: str = "OBSERVE",
    step: str,
    disposition: str | None = None,
) -> Json:
    event = head("ObjectEvent", act, event_id)
    event["quantityList"] = quantities
    event["action"] = action
    event["bizStep"] = step
    if disposition is not None:
        event["disposition"] = disposition
    return event


def about_lots(act: Any, event_id: str, lots: tuple[str, ...], *, step: str, disposition: str | None = None) -> Json:
    """Names lots without weights; an ObjectEvent about none has an empty list of things."""
    event = object(act, event_id, [{"epcClass": lot} for lot in lots], step=step, disposition=disposition)
    if not lots:
        del event["quantityList"]
        event["epcList"] = []
    return event


def transformation(act: Any, event_id: str, inputs: list[Json], outputs: list[Json], *, disposition: str) -> Json:
    event = head("TransformationEvent", act, event_id)
    event["inputQuantityList"] = inputs
    event["outputQuantityList"] = outputs
    event["bizStep"] = "commissioning"
    event["disposition"] = disposition
    place(event, act.site)
    sources(event, ("owning_party", act.owner))
    return event
