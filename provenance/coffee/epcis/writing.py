"""Act to EPCIS 2.0 event. One function an act; members always stand in the same order (docs/epcis.md)."""

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Close,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    FileRow,
    Grade,
    Harvest,
    LiftRecall,
    LotMass,
    NewLot,
    Pack,
    Process,
    Recall,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
)
from provenance.coffee.epcis.quantities import to_kg
from provenance.coffee.epcis.sensors import report

Json = dict[str, object]

# CBV 2.0 business transaction types; contracts, photographs and due diligence statements have none.
DOCUMENT_TYPES = {"certificate": "cert", "ico_certificate": "cert", "cupping_report": "testres", "invoice": "inv"}

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


def write(act: Act, event_id: str) -> Json:
    """The event of an act that has been checked."""
    return _WRITERS[act.name](act, event_id)


def time_text(at: datetime) -> str:
    """RFC 3339 with milliseconds and a numeric offset: the one written form of a time."""
    return at.isoformat(timespec="milliseconds")


# --- parts -----------------------------------------------------------------------------------------------------------


def _head(type: str, act: Any, event_id: str) -> Json:
    time = time_text(act.at)
    return {"type": type, "eventID": event_id, "eventTime": time, "eventTimeZoneOffset": time[-6:]}


def _quantity(lot: str, mass_mg: int) -> Json:
    return {"epcClass": lot, "quantity": to_kg(mass_mg), "uom": "KGM"}


def _quantities(lines: Iterable[LotMass | NewLot]) -> list[Json]:
    return [_quantity(line.lot, line.mass_mg) for line in lines]


def _place(event: Json, site: str, *, stays: bool = True) -> None:
    event["readPoint"] = {"id": site}
    if stays:
        event["bizLocation"] = {"id": site}


def _about_event(event: Json, event_id: str | None) -> None:
    if event_id is not None:
        event["bizTransactionList"] = [{"type": "upevt", "bizTransaction": event_id}]


def _sources(event: Json, *parties: tuple[str, str | None]) -> None:
    if named := [{"type": type, "source": uri} for type, uri in parties if uri is not None]:
        event["sourceList"] = named


def _destinations(event: Json, *parties: tuple[str, str | None]) -> None:
    if named := [{"type": type, "destination": uri} for type, uri in parties if uri is not None]:
        event["destinationList"] = named


def _sensors(event: Json, results: tuple[tuple[str, int], ...]) -> None:
    if results:
        event["sensorElementList"] = [{"sensorReport": [report(name, number) for name, number in results]}]


def _description(made: NewLot) -> Json:
    """Form and attributes of one lot, in the words of CBV master data where it has them."""
    described: Json = {"coffee:form": made.form.value}
    said = made.attributes
    for field, member in ATTRIBUTES:
        value = getattr(said, field)
        if value:
            described[member] = value.isoformat() if field in DATES else list(value) if field in LISTS else value
    if said.altitude_m is not None:
        described["coffee:lowestMetres"], described["coffee:highestMetres"] = said.altitude_m
    return described


def _named_description(made: NewLot) -> Json:
    return {"coffee:lot": made.lot, **_description(made)}


def _ilmd(outputs: tuple[NewLot, ...]) -> Json:
    # ilmd describes all outputs alike; several lots are told apart in a list of our own.
    if len(outputs) == 1:
        return _description(outputs[0])
    return {"coffee:lots": [_named_description(made) for made in outputs]}


def _differences(event: Json, act: Any) -> None:
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


def _file_row(event: Json, row: FileRow | None) -> None:
    if row is not None:
        event["coffee:declaredFrom"] = {"coffee:sha256": row.sha256, "coffee:row": row.row}


def _object(
    act: Any,
    event_id: str,
    quantities: list[Json],
    *,
    action: str = "OBSERVE",
    step: str,
    disposition: str | None = None,
) -> Json:
    event = _head("ObjectEvent", act, event_id)
    event["quantityList"] = quantities
    event["action"] = action
    event["bizStep"] = step
    if disposition is not None:
        event["disposition"] = disposition
    return event


def _transformation(act: Any, event_id: str, inputs: list[Json], outputs: list[Json], *, disposition: str) -> Json:
    event = _head("TransformationEvent", act, event_id)
    event["inputQuantityList"] = inputs
    event["outputQuantityList"] = outputs
    event["bizStep"] = "commissioning"
    event["disposition"] = disposition
    _place(event, act.site)
    _sources(event, ("owning_party", act.owner))
    return event


# --- acts ------------------------------------------------------------------------------------------------------------


def _harvest(act: Harvest, event_id: str) -> Json:
    event = _object(act, event_id, _quantities((act.output,)), action="ADD", step="commissioning", disposition="active")
    _place(event, act.site)
    _sources(event, ("owning_party", act.owner))
    event["ilmd"] = _description(act.output)
    return event


def _dispatch(act: Dispatch, event_id: str) -> Json:
    event = _object(act, event_id, _quantities(act.lines), step="shipping", disposition="in_transit")
    _place(event, act.site, stays=False)
    _sources(event, ("owning_party", act.owner))
    _destinations(
        event,
        ("possessing_party", act.to_party),
        ("owning_party", act.to_party if act.title else None),
        ("location", act.to_site),
    )
    if act.bags is not None:
        event["coffee:bagCount"] = act.bags
    return event


def _receive(act: Receive, event_id: str) -> Json:
    event = _object(act, event_id, _quantities(act.lines), step="receiving", disposition="in_progress")
    _place(event, act.site)
    _about_event(event, act.dispatch)
    _sources(
        event,
        ("possessing_party", act.from_party),
        ("owning_party", act.from_party if act.title else None),
    )
    if act.moisture_permille is not None:
        _sensors(event, (("moisture_permille", act.moisture_permille),))
    # Who receives is the signer and stands nowhere in the event, so EPCIS has no other place for this.
    event["coffee:titlePasses"] = act.title
    if act.taken:
        event["coffee:taken"] = _quantities(act.taken)
    if act.into is not None:
        event["coffee:into"] = _named_description(act.into)
    if act.begins:
        event["coffee:begins"] = [_named_description(lot) for lot in act.begins]
    _differences(event, act)
    if act.bags is not None:
        event["coffee:bagCount"] = act.bags
    _file_row(event, act.declared_from)
    return event


def _refuse(act: Refuse, event_id: str) -> Json:
    event = _object(act, event_id, _quantities(act.lines), step="shipping", disposition="returned")
    _place(event, act.site, stays=False)
    _about_event(event, act.dispatch)
    event["coffee:reason"] = act.reason
    return event


def _transfer_title(act: TransferTitle, event_id: str) -> Json:
    event = _object(act, event_id, _quantities(act.lines), step="accepting")
    _place(event, act.site)
    _sources(event, ("possessing_party", act.custodian))
    _destinations(event, ("possessing_party", act.custodian), ("owning_party", act.to_party))
    return event


def _close(act: Close, event_id: str) -> Json:
    event = _object(act, event_id, [_quantity(act.lot, act.mass_mg)], step="stock_taking")
    _place(event, act.site)
    event["coffee:receipts"] = act.receipts
    event["coffee:receiptsRoot"] = act.receipts_root
    return event


def _process(act: Process, event_id: str) -> Json:
    event = _transformation(act, event_id, _quantities(act.inputs), _quantities(act.outputs), disposition="in_progress")
    event["ilmd"] = _ilmd(act.outputs)
    event["coffee:step"] = act.step
    _differences(event, act)
    return event


def _split(act: Split, event_id: str) -> Json:
    event = _transformation(
        act, event_id, _quantities((act.input,)), _quantities(act.outputs), disposition="in_progress"
    )
    event["ilmd"] = _ilmd(act.outputs)
    return event


def _pack(act: Pack, event_id: str) -> Json:
    bags: list[Json] = [{"epcClass": act.output.lot, "quantity": act.count}]
    event = _transformation(act, event_id, _quantities(act.inputs), bags, disposition="active")
    event["ilmd"] = _description(act.output)
    event["coffee:netContent"] = {"quantity": to_kg(act.net_mg), "uom": "KGM"}
    event["coffee:serialsRoot"] = act.serials_root
    if act.gtin is not None:
        event["coffee:gtin"] = act.gtin
    _differences(event, act)
    return event


CONFORMITY = {None: None, True: "conformant", False: "non_conformant"}


def _grade(act: Grade, event_id: str) -> Json:
    event = _object(act, event_id, [{"epcClass": act.lot}], step="inspecting", disposition=CONFORMITY[act.conformant])
    _place(event, act.site)
    _sensors(event, act.results)
    event["coffee:protocol"] = act.protocol
    _file_row(event, act.declared_from)
    return event


def _sample(act: Sample, event_id: str) -> Json:
    event = _object(act, event_id, _quantities((act.line,)), action="DELETE", step="sampling")
    _place(event, act.site, stays=False)
    _sources(event, ("owning_party", act.owner))
    if act.into is not None:
        event["coffee:sampleLot"] = act.into
    return event


def _attach_document(act: AttachDocument, event_id: str) -> Json:
    event = _object(act, event_id, [{"epcClass": lot} for lot in act.lots], step="other")
    if not act.lots:
        del event["quantityList"]
        event["epcList"] = []
    if act.site is not None:
        _place(event, act.site)
    document = {"bizTransaction": file_uri(act.sha256)}
    if act.kind in DOCUMENT_TYPES:
        document = {"type": DOCUMENT_TYPES[act.kind], **document}
    event["bizTransactionList"] = [document]
    event["coffee:documentKind"] = act.kind
    event["coffee:mediaType"] = act.media_type
    if act.scheme is not None:
        event["coffee:scheme"] = act.scheme
    if act.valid_from is not None:
        event["coffee:validFrom"] = act.valid_from.isoformat()
    if act.valid_to is not None:
        event["coffee:validTo"] = act.valid_to.isoformat()
    return event


def file_uri(sha256: str) -> str:
    """Names a file by its SHA-256 (hex): RFC 6920, section 3."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def _sell(act: Sell, event_id: str) -> Json:
    event = _object(act, event_id, _quantities(act.lines), step="retail_selling", disposition="retail_sold")
    _place(event, act.site, stays=False)
    _sources(event, ("owning_party", act.owner))
    return event


def _dispose(act: Dispose, event_id: str) -> Json:
    # Nobody destroyed what was stolen.
    step, disposition = ("other", "stolen") if act.reason == "theft" else ("destroying", "destroyed")
    event = _object(act, event_id, _quantities(act.lines), action="DELETE", step=step, disposition=disposition)
    _place(event, act.site, stays=False)
    _sources(event, ("owning_party", act.owner))
    event["coffee:reason"] = act.reason
    return event


def _recall(act: Recall, event_id: str) -> Json:
    event = _object(act, event_id, [{"epcClass": lot} for lot in act.lots], step="holding", disposition="recalled")
    event["persistentDisposition"] = {"set": ["recalled"]}
    _place(event, act.site)
    event["coffee:reason"] = act.reason
    return event


def _lift_recall(act: LiftRecall, event_id: str) -> Json:
    event = _object(act, event_id, [{"epcClass": lot} for lot in act.lots], step="inspecting", disposition="available")
    event["persistentDisposition"] = {"unset": ["recalled"]}
    _place(event, act.site)
    _about_event(event, act.recall)
    return event


def _correct(act: Correct, event_id: str) -> Json:
    # EPCIS 7.4.1.2: the original once more, with its own eventID, and the declaration.
    declaration: Json = {"declarationTime": time_text(act.declared_at), "reason": act.reason}
    if act.corrected_by:
        declaration["correctiveEventIDs"] = list(act.corrected_by)
    declaration["coffee:originalAct"] = act.original_act
    return {**act.original, "errorDeclaration": declaration}


_WRITERS: dict[str, Callable[[Any, str], Json]] = {
    "harvest": _harvest,
    "dispatch": _dispatch,
    "receive": _receive,
    "refuse": _refuse,
    "transfer_title": _transfer_title,
    "close": _close,
    "process": _process,
    "split": _split,
    "pack": _pack,
    "grade": _grade,
    "sample": _sample,
    "attach_document": _attach_document,
    "sell": _sell,
    "dispose": _dispose,
    "recall": _recall,
    "lift_recall": _lift_recall,
    "correct": _correct,
}
