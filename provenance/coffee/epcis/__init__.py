"""
Acts as EPCIS 2.0 events and back: the one place in the code where EPCIS' own names are spelt.

``act_of`` takes nothing but what ``event_of`` writes, so that an event has one meaning. The mapping is told in
docs/epcis.md. Parsed JSON here has int and Decimal for numbers, never float.
"""

from collections.abc import Iterable
from datetime import datetime

from provenance.coffee.acts import ACTS, REGISTRY_ACTS, Act, Correct
from provenance.coffee.epcis import fields
from provenance.coffee.epcis.checks import check_event_act
from provenance.coffee.epcis.differences import first_difference
from provenance.coffee.epcis.members import Json, need
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.quantities import MAX_MG, to_kg, to_mg
from provenance.coffee.epcis.reading import read
from provenance.coffee.epcis.sensors import COFFEE_NS, MEASUREMENTS
from provenance.coffee.epcis.subjects import act_of_subject, check_subject_act, subject_of
from provenance.coffee.epcis.writing import write
from provenance.coffee.epcis.written import file_uri, time_text

__all__ = [
    "COFFEE_NS",
    "MAX_MG",
    "MEASUREMENTS",
    "act_of",
    "act_of_subject",
    "check",
    "document",
    "event_of",
    "file_uri",
    "subject_of",
    "time_text",
    "to_kg",
    "to_mg",
]

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"cbvmda": "urn:epcglobal:cbv:mda:", "coffee": COFFEE_NS},
]


def event_of(act: Act, *, event_id: str) -> Json:
    """
    The EPCIS event of an act, without ``recordTime`` (that is the server's). Quantities are Decimal kilograms.

    A correction carries the eventID of the event that it takes back, not ``event_id``.
    Raises ``MalformedAct``, with ``field`` naming what is wrong in the act.
    """
    if act.name not in ACTS or act.name in REGISTRY_ACTS:
        raise problem("act", f"{act.name!r} is not told by an EPCIS event.")
    fields.event_id(event_id, "event")
    check_event_act(act)
    if isinstance(act, Correct):
        _check_original(act)
    return write(act, event_id)


def act_of(name: str, event: Json) -> Act:
    """
    The act that an event tells of: exactly the inverse of ``event_of``.

    Raises ``MalformedAct`` for anything unknown, missing, superfluous or malformed; ``field`` names the act's field.
    """
    if name not in ACTS or name in REGISTRY_ACTS:
        raise problem("act", f"{name!r} is not an act that is told by an EPCIS event.")
    event_id = need(event, "eventID", str, "event")
    fields.event_id(event_id, "event")
    act = read(name, event)
    check_event_act(act)
    if isinstance(act, Correct):
        _check_original(act)
    written = write(act, event_id)
    if written != event:
        raise first_difference(written, event, name)
    return act


def check(act: Act) -> None:
    """Whether an act may be signed, whatever the trail holds. Raises ``MalformedAct`` naming the field."""
    if act.name in REGISTRY_ACTS:
        check_subject_act(act)
        return
    check_event_act(act)
    if isinstance(act, Correct):
        _check_original(act)


def _check_original(act: Correct) -> None:
    if act.original_act == "correct":
        raise problem("original_act", "a correction cannot be taken back: record what is right.")
    act_of(act.original_act, act.original)
    if act.original["eventID"] in act.corrected_by:
        raise problem("corrected_by", "an event cannot correct itself.")


def document(events: Iterable[Json], created: datetime) -> Json:
    """An EPCIS 2.0 document (JSON-LD) of these events. ``created`` carries its offset."""
    fields.time(created, "created")
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": time_text(created),
        "epcisBody": {"eventList": list(events)},
    }
