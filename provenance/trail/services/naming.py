"""What recorded events name: whoever answers or pays for them names their lots once more."""

from collections.abc import Iterable

from provenance.coffee.acts import LotMass
from provenance.coffee.statement import parse
from provenance.trail.models import Event
from provenance.trail.services.bookkeeping import fact_of


def lots_named(events: Iterable[Event]) -> tuple[str, ...]:
    """URIs of all lots that the events name, sorted: those of what a correction takes back, too."""
    return tuple(sorted({lot for event in events for lot in fact_of(parse(bytes(event.statement)), None).lots}))


def mass_moved(event: Event) -> tuple[LotMass, ...]:
    """The lots that a dispatch, a receipt or a change of owner is about, as its signer weighed them; else none."""
    lines = getattr(parse(bytes(event.statement)).body, "lines", ())
    return tuple(lines)
