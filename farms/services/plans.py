"""What a grower is about to sign. It can be read back first; signing records all of it or nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from provenance.coffee import epcis
from provenance.coffee.acts import Act
from provenance.coffee.errors import CoffeeError
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, HeldKey, Withheld, record_acts, rehearse_acts

# Without letters and digits that look alike on a sack.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Refused(CoffeeError):
    """What the person asked for cannot be done; ``str()`` of it is a sentence for the form."""


@dataclass(frozen=True)
class Weight:
    """A mass, and how the person wrote it down: "3 arroba of 12.5 kg"."""

    mass_mg: int
    entered: str


@dataclass(frozen=True)
class Plan:
    """Acts of one party, not signed yet. ``doubts``: sentences to be read before signing."""

    party: str
    drafts: tuple[Draft, ...]
    doubts: tuple[str, ...] = ()

    def check(self) -> "Plan":
        """Raises MalformedAct before anybody is asked to sign."""
        for draft in self.drafts:
            epcis.check(draft.act)
        return self

    def rehearse(self) -> "Plan":
        """Raises what signing would raise as things stand now, so that it is told when the plan is read back."""
        rehearse_acts(self.party, self.drafts)
        return self

    def sign(self, event_id: str, *, key: HeldKey | None = None) -> list[Event]:
        """
        Record with ``key``, else with the one that this server keeps. The first event gets the id, so a second click
        finds it.
        """
        first, *others = self.drafts
        return record_acts(self.party, [replace(first, jti=event_id), *others], key)


def draft(act: Act, audience: str, withheld: Mapping[str, str]) -> Draft:
    """An act with what stays out of its signed words, for ``audience`` to read; empty values are left out."""
    return Draft(act, {name: Withheld(value, audience) for name, value in withheld.items() if value})


def code_of(event_id: str, day: date) -> str:
    """The code of the lot that this event begins: a second click names the same lot again."""
    digest = hashlib.sha256(event_id.encode()).digest()
    return f"{day:%y%m%d}-{''.join(LETTERS[byte % len(LETTERS)] for byte in digest[:5])}"
