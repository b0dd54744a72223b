"""How much a lot can come to: every sum that follows from a statement fits into 64 bits."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.ledger.naming import line_members, original_id
from provenance.coffee.rights import traced

MOST_MG = 9 * 10**18


def check_room(books: Books, statement: Signed) -> None:
    """Raise ``NotAuthorised`` where what is known of the statement's lots, and what it adds, exceeds ``MOST_MG``."""
    act = statement.body
    lots, total_mg = _lots_and_mg(act)
    if isinstance(act, acts.Correct):
        postings = books.postings.get(original_id(act), ())
        lots, total_mg = {posting.key.lot for posting in postings}, sum(abs(posting.mass_mg) for posting in postings)
    for lot in traced(books, lots):
        total_mg += sum(abs(books.balances[key]) for key in books.balances.rows(lot))
        total_mg += books.lots[lot].poured_mg if lot in books.lots else 0
    if isinstance(act, acts.Receive | acts.Refuse) and act.dispatch in books.handovers:
        handover = books.handovers[act.dispatch]
        total_mg += abs(handover.received_mg) + abs(handover.refused_mg) + sum(map(abs, handover.rest.values()))
    if total_mg > MOST_MG:
        raise NotAuthorised(
            f"That is more than {MOST_MG // 10**9:,} t in these lots together, which no ledger here holds: "
            "look for a wrong unit, or begin another lot.",
            field="mass_mg",
        )


def _lots_and_mg(act: acts.Act) -> tuple[set[str], int]:
    """The lots that an act's lines name, and what all lines weigh together."""
    lots: set[str] = set()
    total_mg = 0
    for name in line_members(act.name):
        value = getattr(act, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, acts.LotMass | acts.NewLot):
                lots.add(one.lot)
                total_mg += one.mass_mg
    return lots, total_mg
