"""
A plan is one or more acts that somebody is about to sign: it can be looked at first, and signing records all or none.

    plan = process(party=..., at=..., site=..., step="roast", inputs=[...], outputs=[...])
    plan.acts                  # for the page that is read before signing
    [event] = plan.sign()
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from provenance.coffee import epcis
from provenance.coffee.acts import Act, Basis, Difference, LossKind, LotMass, NewLot
from provenance.coffee.errors import CoffeeError
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, HeldKey, Withheld, record_acts, rehearse_acts

PARTNERS = "partners"


class Refused(CoffeeError):
    """What the person asked for cannot be done; ``str()`` of it is a sentence for the form."""


@dataclass(frozen=True)
class Weight:
    """A mass, and how the person wrote it down: "12 bags of 60 kg"."""

    mass_mg: int
    entered: str = ""


@dataclass(frozen=True)
class Plan:
    """Acts of one party, not signed yet."""

    party: str
    drafts: tuple[Draft, ...]

    @property
    def acts(self) -> tuple[Act, ...]:
        return tuple(draft.act for draft in self.drafts)

    def check(self) -> "Plan":
        """Raises MalformedAct before anybody is asked to sign."""
        for draft in self.drafts:
            epcis.check(draft.act)
        return self

    def rehearse(self) -> "Plan":
        """Raises what signing would raise as things stand now, so that it is told when the plan is read back."""
        rehearse_acts(self.party, self.drafts)
        return self

    def sign(self, *, event_id: str | None = None, key: HeldKey | None = None) -> list[Event]:
        """
        Sign and record all acts, or none. ``event_id`` names the first, so that asking twice is found out.

        ``key``: another than the one that this server holds for the party.
        """
        first, *others = self.drafts
        return record_acts(self.party, [replace(first, jti=event_id or first.jti), *others], key)


def plan(party: str, act: Act, *, weights: Iterable[tuple[str, Weight]] = (), **withheld: str) -> Plan:
    """A plan of one act; ``withheld`` are the values that stay out of the signed bytes, for partners to see."""
    return Plan(party, (draft(act, weights=weights, **withheld),)).check()


def draft(act: Act, *, weights: Iterable[tuple[str, Weight]] = (), **withheld: str) -> Draft:
    entered = "; ".join(f"{what}: {weight.entered}" for what, weight in weights if weight.entered)
    values = {**withheld, "entered": entered}
    return Draft(act, {name: Withheld(value, PARTNERS) for name, value in values.items() if value})


GAINS = frozenset({LossKind.WATER, LossKind.WEIGHING_DIFFERENCE, LossKind.UNEXPLAINED})


def rest_of(
    *,
    inputs: Sequence[LotMass],
    outputs: Sequence[NewLot],
    losses: Sequence[Difference] = (),
    gains: Sequence[Difference] = (),
) -> int:
    """Milligrams that nobody has named yet: above zero they are lost, below zero they came from somewhere."""
    came_in = sum(line.mass_mg for line in (*inputs, *gains))
    went_out = sum(line.mass_mg for line in (*outputs, *losses))
    return came_in - went_out


def named_rest(rest_mg: int, kind: LossKind) -> Mapping[str, tuple[Difference, ...]]:
    """The rest as a line of its own: a loss, a gain, or nothing. Spilling or theft make nothing heavier."""
    if rest_mg < 0 and kind not in GAINS:
        kind = LossKind.UNEXPLAINED
    line = (Difference(kind=kind, mass_mg=abs(rest_mg), basis=Basis.COMPUTED),) if rest_mg else ()
    return {"losses": line if rest_mg > 0 else (), "gains": line if rest_mg < 0 else ()}
