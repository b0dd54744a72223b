"""
A mistake is put right by saying so: the event is taken back, and where something did happen it is said anew.

Only weights are asked for again. Whoever named the wrong lot or place takes the event back and records the right one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from provenance.coffee.acts import (
    Act,
    Correct,
    Dispatch,
    Dispose,
    Harvest,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Process,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
)
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Lot
from provenance.trail.services.acting import Draft, new_event_id
from shipments.services.plans import Plan, Refused, Weight, draft, named_rest, rest_of

# Where an act keeps weights that a person reads off a scale. A pack's follows from its count, a seal's from receipts.
WEIGHED = {
    Harvest: ("output",),
    Dispatch: ("lines",),
    Receive: ("lines",),
    Refuse: ("lines",),
    TransferTitle: ("lines",),
    Process: ("inputs", "outputs"),
    Split: ("input", "outputs"),
    Pack: ("inputs",),
    Sample: ("line",),
    Sell: ("lines",),
    Dispose: ("lines",),
}


@dataclass(frozen=True)
class WeightSaid:
    """One weight of an event. ``path`` finds it again: "inputs.0"."""

    path: str
    lot: str
    mass_mg: int
    made: bool


def act_of(event: Event) -> Act:
    return parse(bytes(event.statement)).body


def can_be_corrected(event: Event, party: str) -> bool:
    """Only who signed can take back, once; registry acts and corrections stay."""
    statement = parse(bytes(event.statement))
    taken_back = hasattr(event, "correction")
    return statement.iss == party and statement.event is not None and event.act != Correct.name and not taken_back


def weights_of(act: Act) -> list[WeightSaid]:
    """The weights that may be corrected, in the order of the act; empty where it has none."""
    return [
        WeightSaid(path, line.lot, line.mass_mg, isinstance(line, NewLot))
        for name in WEIGHED.get(type(act), ())
        for path, line in _lines(act, name)
    ]


def with_weights(act: Act, right: Mapping[str, int], rest: LossKind) -> Act:
    """The same act with other weights; what then no longer adds up becomes a loss or a gain of the kind ``rest``."""
    changes: dict[str, object] = {}
    for name in WEIGHED[type(act)]:
        lines = [replace(line, mass_mg=right.get(path, line.mass_mg)) for path, line in _lines(act, name)]
        changes[name] = tuple(lines) if isinstance(getattr(act, name), tuple) else lines[0]
    return _adding_up(replace(act, **changes), act, rest)


def correct(
    *,
    party: str,
    event: Event,
    declared_at: datetime,
    reason: str,
    right: Mapping[str, Weight] | None = None,
    rest: LossKind = LossKind.UNEXPLAINED,
    note: str = "",
) -> Plan:
    """
    Take an event back: it "did_not_occur", or was "incorrect_data" and is said again with the ``right`` weights.

    Both statements are signed and recorded together or not at all. Raises Refused.
    """
    if not can_be_corrected(event, party):
        raise Refused("Only who signed this can take it back, and only once.")
    statement = parse(bytes(event.statement))
    again: list[Draft] = []
    if reason == "incorrect_data":
        weights = {path: weight.mass_mg for path, weight in (right or {}).items()}
        act = with_weights(statement.body, weights, rest)
        if act == statement.body:
            raise Refused("These are the weights that were recorded. Change the one that is wrong.", field="weights")
        _still_open(act)
        said = [(path, weight) for path, weight in (right or {}).items()]
        again = [replace(draft(act, weights=said), jti=new_event_id())]
    declaration = Correct(
        original=dict(statement.event or {}),
        original_act=statement.act,
        declared_at=declared_at,
        reason=reason,
        corrected_by=tuple(corrective.jti for corrective in again if corrective.jti),
    )
    # Taken back first: the lots that the event made may then be made again.
    return Plan(party, (draft(declaration, note=note), *again)).check()


def _still_open(act: Act) -> None:
    """A seal counts the receipts of its day-lot. It comes off before one of them can be said anew."""
    if isinstance(act, Receive) and act.into and Lot.objects.filter(uri=act.into.lot, closed=True).exists():
        raise Refused(
            f"The day-lot {lot_code_of(act.into.lot)} was closed over this receipt. Take its closing back first, "
            "then correct the receipt, then close the day-lot again.",
            field="weights",
        )


def _lines(act: Act, name: str) -> Iterator[tuple[str, LotMass | NewLot]]:
    value = getattr(act, name)
    for n, line in enumerate(value if isinstance(value, tuple) else (value,)):
        yield f"{name}.{n}", line


def _adding_up(act: Act, before: Act, rest: LossKind) -> Act:
    if isinstance(act, Receive) and isinstance(before, Receive):
        return _received(act, before, rest)
    if isinstance(act, Process | Pack):
        made = act.outputs if isinstance(act, Process) else (act.output,)
        more = named_rest(rest_of(inputs=act.inputs, outputs=made, losses=act.losses, gains=act.gains), rest)
        return replace(act, losses=(*act.losses, *more["losses"]), gains=(*act.gains, *more["gains"]))
    if isinstance(act, Split) and (rest_mg := rest_of(inputs=(act.input,), outputs=act.outputs)):
        raise Refused(f"The parts differ from the whole by {abs(rest_mg) / 1_000_000:g} kg.", field="weights")
    return act


def _received(act: Receive, before: Receive, rest: LossKind) -> Receive:
    received_mg = sum(line.mass_mg for line in act.lines)
    weighed = {line.lot: line.mass_mg for line in act.lines}
    act = replace(
        act,
        into=act.into and replace(act.into, mass_mg=received_mg),
        begins=tuple(replace(lot, mass_mg=weighed[lot.lot]) for lot in act.begins),
    )
    if before.dispatch is None:
        return act
    # What the load used up of the dispatch stays what it was: the scale was read wrongly, not the papers.
    taken = before.taken or before.lines
    difference = named_rest(sum(line.mass_mg for line in taken) - received_mg, rest)
    return replace(act, taken=() if taken == act.lines else taken, **difference)
