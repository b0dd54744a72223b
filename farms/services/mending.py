"""A mistake is put right by saying so: what was signed stays, and the correction stands beside it."""

from dataclasses import replace
from datetime import datetime

from farms.services.plans import Plan, Refused, Weight, draft
from farms.words import kg
from provenance.coffee.acts import REGISTRY_ACTS, Act, Correct, Dispatch, Form, Harvest
from provenance.coffee.statement import new_event_id, parse
from provenance.trail.models import Event, Handover
from provenance.trail.services.queries import PARTNERS

FAR_OFF = 3


def may_correct(event: Event, party: str) -> bool:
    """Only who signed can take back, once; registrations and corrections stay."""
    fixed = event.act in REGISTRY_ACTS or event.act == Correct.name or hasattr(event, "correction")
    return not fixed and parse(bytes(event.statement)).iss == party


def weight_of(act: Act) -> tuple[str, int] | None:
    """Lot and milligrams of an act that states one weight; None where there is none, or several."""
    match act:
        case Harvest(output=output):
            return output.lot, output.mass_mg
        case Dispatch(lines=(line,)):
            return line.lot, line.mass_mg
    return None


def with_weight(act: Act, mass_mg: int) -> Act:
    match act:
        case Harvest(output=output):
            return replace(act, output=replace(output, mass_mg=mass_mg))
        case Dispatch(lines=(line,)):
            return replace(act, lines=(replace(line, mass_mg=mass_mg),))
    raise Refused("There is no single weight to correct. Say that it did not happen, and record it anew.")


def form_of(act: Act) -> Form | None:
    return act.output.form if isinstance(act, Harvest) else None


def correct(*, party: str, event: Event, at: datetime, right: Weight | None) -> Plan:
    """
    Take an event back: it did not happen (``right`` is None), or is said again with the right weight.

    Raises Refused.
    """
    if not may_correct(event, party):
        raise Refused("Only who signed this can take it back, and only once.")
    statement = parse(bytes(event.statement))
    again = []
    if right:
        act = with_weight(statement.body, right.mass_mg)
        if act == statement.body:
            raise Refused("This is the weight that was recorded. Enter the right one.", field="weight")
        again = [replace(draft(act, PARTNERS, {"entered": right.entered}), jti=new_event_id())]
    declaration = Correct(
        original=dict(statement.event or {}),
        original_act=statement.act,
        declared_at=at,
        reason="incorrect_data" if right else "did_not_occur",
        corrected_by=tuple(said.jti for said in again if said.jti),
    )
    # Taken back first: the lot that the event began may then begin again.
    doubts = (*_doubts(event), *(_far_off(statement.body, right) if right else ()))
    return Plan(party, (draft(declaration, PARTNERS, {}), *again), doubts).check()


def _far_off(act: Act, right: Weight) -> tuple[str, ...]:
    """Kilograms typed for quintals are off by far more than a scale ever is."""
    weighed = weight_of(act)
    if weighed and not weighed[1] <= right.mass_mg * FAR_OFF <= weighed[1] * FAR_OFF**2:
        return (f"You recorded {kg(weighed[1])}, and {kg(right.mass_mg)} is far from it. Are number and unit right?",)
    return ()


def _doubts(event: Event) -> tuple[str, ...]:
    answered = Handover.objects.filter(dispatch=event).exclude(received_mg=0, refused_mg=0)
    if answered.exists():
        return ("The other side has answered this delivery already. Talk to them, so that both say the same.",)
    return ()
