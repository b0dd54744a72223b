"""Who grew what is in a pack lot, and which organisation took it in from them."""

from collections.abc import Sequence

from provenance.bags.models import Grower
from provenance.coffee import acts
from provenance.coffee.ledger import Edge, edges_of
from provenance.trail.services.closure import Closure, closure


def growers_of(lot_uri: str) -> Sequence[Grower]:
    """
    Read from the trail once for each lot, then kept. Empty where nobody says who grew it.

    A grower whose coffee went through two organisations is there twice.
    """
    kept = list(Grower.objects.filter(lot_uri=lot_uri))
    if kept:
        return kept
    found = sorted(_grown(closure([lot_uri])))
    rows = [Grower(lot_uri=lot_uri, party_uri=party, organisation=taker) for party, taker in found]
    # Two who thank at once find the same.
    Grower.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return rows


def _grown(found: Closure) -> set[tuple[str, str]]:
    takers = _Takers(found)
    grown = set()
    for uri, lot in found.lots.items():
        begun = found.statements.get(lot.made_by or "")
        if begun is None or not lot.origin:
            continue
        match begun.body:
            case acts.Harvest(owner=owner):
                grower = owner or begun.iss
                grown.add((grower, takers.of(uri, {grower, begun.iss}) or begun.iss))
            case acts.Receive(from_party=str(grower)) if lot.form in (acts.Form.CHERRY, acts.Form.FLOATERS):
                grown.add((grower, begun.iss))
    return grown


class _Takers:
    """Who took each lot in, and what became of it: the way up from a harvest to the first who is not the grower."""

    def __init__(self, found: Closure) -> None:
        self.up: dict[str, Edge] = {}
        for edge in edges_of(found.books):
            if edge.parent:
                self.up.setdefault(edge.parent, edge)
        self.signers = {event_id: said.iss for event_id, said in found.statements.items()}
        self.takers: dict[str, list[str]] = {}
        for said in found.statements.values():
            if isinstance(said.body, acts.Receive):
                for line in said.body.lines:
                    self.takers.setdefault(line.lot, []).append(said.iss)

    def of(self, lot: str, own: set[str]) -> str | None:
        seen: set[str] = set()
        while lot not in seen:
            seen.add(lot)
            if others := [taker for taker in self.takers.get(lot, ()) if taker not in own]:
                return others[0]
            edge = self.up.get(lot)
            if edge is None:
                return None
            if (signer := self.signers.get(edge.event)) and signer not in own:
                return signer
            lot = edge.child
        return None
