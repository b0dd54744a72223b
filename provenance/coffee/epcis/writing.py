"""Act to EPCIS 2.0 event. One function an act; members always stand in the same order (docs/epcis.md)."""

from collections.abc import Callable
from typing import Any

from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Close,
    Correct,
    Dispatch,
    Dispose,
    Grade,
    Harvest,
    LiftRecall,
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
from provenance.coffee.epcis.members import Json
from provenance.coffee.epcis.quantities import to_kg
from provenance.coffee.epcis.voices import WRITERS as VOICES
from provenance.coffee.epcis.written import (
    about_event,
    about_lots,
    description,
    destinations,
    differences,
    file_row,
    file_uri,
    ilmd,
    named_description,
    object,
    place,
    quantities,
    quantity,
    sensors,
    sources,
    time_text,
    transformation,
)

# CBV 2.0 business transaction types; contracts, photographs and due diligence statements have none.
DOCUMENT_TYPES = {"certificate": "cert", "ico_certificate": "cert", "cupping_report": "testres", "invoice": "inv"}


def write(act: Act, event_id: str) -> Json:
    """The event of an act that has been checked."""
    return _WRITERS[act.name](act, event_id)


def _harvest(act: Harvest, event_id: str) -> Json:
    event = object(act, event_id, quantities((act.output,)), action="ADD", step="commissioning", disposition="active")
    place(event, act.site)
    sources(event, ("owning_party", act.owner))
    event["ilmd"] = description(act.output)
    return event


def _dispatch(act: Dispatch, event_id: str) -> Json:
    event = object(act, event_id, quantities(act.lines), step="shipping", disposition="in_transit")
    place(event, act.site, stays=False)
    sources(event, ("owning_party", act.owner))
    destinations(
        event,
        ("possessing_party", act.to_party),
        ("owning_party", act.to_party if act.title else None),
        ("location", act.to_site),
    )
    if act.bags is not None:
        event["coffee:bagCount"] = act.bags
    return event


def _receive(act: Receive, event_id: str) -> Json:
    event = object(act, event_id, quantities(act.lines), step="receiving", disposition="in_progress")
    place(event, act.site)
    about_event(event, act.dispatch)
    sources(
        event,
        ("possessing_party", act.from_party),
        ("owning_party", act.from_party if act.title else None),
    )
    if act.moisture_permille is not None:
        sensors(event, (("moisture_permille", act.moisture_permille),))
    # Who receives is the signer and stands nowhere in the event, so EPCIS has no other place for this.
    event["coffee:titlePasses"] = act.title
    if act.taken:
        event["coffee:taken"] = quantities(act.taken)
    if act.into is not None:
        event["coffee:into"] = named_description(act.into)
    if act.begins:
        event["coffee:begins"] = [named_description(lot) for lot in act.begins]
    differences(event, act)
    if act.bags is not None:
        event["coffee:bagCount"] = act.bags
    file_row(event, act.declared_from)
    return event


def _refuse(act: Refuse, event_id: str) -> Json:
    event = object(act, event_id, quantities(act.lines), step="shipping", disposition="returned")
    place(event, act.site, stays=False)
    about_event(event, act.dispatch)
    event["coffee:reason"] = act.reason
    return event


def _transfer_title(act: TransferTitle, event_id: str) -> Json:
    event = object(act, event_id, quantities(act.lines), step="accepting")
    place(event, act.site)
    sources(event, ("possessing_party", act.custodian))
    destinations(event, ("possessing_party", act.custodian), ("owning_party", act.to_party))
    return event


def _close(act: Close, event_id: str) -> Json:
    event = object(act, event_id, [quantity(act.lot, act.mass_mg)], step="stock_taking")
    place(event, act.site)
    event["coffee:receipts"] = act.receipts
    event["coffee:receiptsRoot"] = act.receipts_root
    return event


def _process(act: Process, event_id: str) -> Json:
    event = transformation(act, event_id, quantities(act.inputs), quantities(act.outputs), disposition="in_progress")
    event["ilmd"] = ilmd(act.outputs)
    event["coffee:step"] = act.step
    differences(event, act)
    return event


def _split(act: Split, event_id: str) -> Json:
    event = transformation(act, event_id, quantities((act.input,)), quantities(act.outputs), disposition="in_progress")
    event["ilmd"] = ilmd(act.outputs)
    return event


def _pack(act: Pack, event_id: str) -> Json:
    bags: list[Json] = [{"epcClass": act.output.lot, "quantity": act.count}]
    event = transformation(act, event_id, quantities(act.inputs), bags, disposition="active")
    event["ilmd"] = description(act.output)
    event["coffee:netContent"] = {"quantity": to_kg(act.net_mg), "uom": "KGM"}
    event["coffee:serialsRoot"] = act.serials_root
    if act.gtin is not None:
        event["coffee:gtin"] = act.gtin
    differences(event, act)
    return event


CONFORMITY = {None: None, True: "conformant", False: "non_conformant"}


def _grade(act: Grade, event_id: str) -> Json:
    event = object(act, event_id, [{"epcClass": act.lot}], step="inspecting", disposition=CONFORMITY[act.conformant])
    place(event, act.site)
    sensors(event, act.results)
    event["coffee:protocol"] = act.protocol
    file_row(event, act.declared_from)
    return event


def _sample(act: Sample, event_id: str) -> Json:
    event = object(act, event_id, quantities((act.line,)), action="DELETE", step="sampling")
    place(event, act.site, stays=False)
    sources(event, ("owning_party", act.owner))
    if act.into is not None:
        event["coffee:sampleLot"] = act.into
    return event


def _attach_document(act: AttachDocument, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="other")
    if act.site is not None:
        place(event, act.site)
    if act.sha256 is not None:
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


def _sell(act: Sell, event_id: str) -> Json:
    event = object(act, event_id, quantities(act.lines), step="retail_selling", disposition="retail_sold")
    place(event, act.site, stays=False)
    sources(event, ("owning_party", act.owner))
    return event


def _dispose(act: Dispose, event_id: str) -> Json:
    # Nobody destroyed what was stolen.
    step, disposition = ("other", "stolen") if act.reason == "theft" else ("destroying", "destroyed")
    event = object(act, event_id, quantities(act.lines), action="DELETE", step=step, disposition=disposition)
    place(event, act.site, stays=False)
    sources(event, ("owning_party", act.owner))
    event["coffee:reason"] = act.reason
    return event


def _recall(act: Recall, event_id: str) -> Json:
    event = object(act, event_id, [{"epcClass": lot} for lot in act.lots], step="holding", disposition="recalled")
    event["persistentDisposition"] = {"set": ["recalled"]}
    place(event, act.site)
    event["coffee:reason"] = act.reason
    return event


def _lift_recall(act: LiftRecall, event_id: str) -> Json:
    event = object(act, event_id, [{"epcClass": lot} for lot in act.lots], step="inspecting", disposition="available")
    event["persistentDisposition"] = {"unset": ["recalled"]}
    place(event, act.site)
    about_event(event, act.recall)
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
    **VOICES,
}
