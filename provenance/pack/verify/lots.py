"""What there is to say of the pack's lots once all its statements were judged."""

from itertools import chain

from provenance.coffee.evidence import is_disputed
from provenance.coffee.ledger import Books, FlagKind
from provenance.coffee.receipts import Receipts
from provenance.pack.verify.report import Report

_TOLD = {
    FlagKind.ABOVE_CEILING: "{kg} kg of {lot} cannot have come from what went in: their origin is unknown.",
    FlagKind.SHORTFALL: "{kg} kg of {lot} were lacking then.",
    FlagKind.CLOSE_DIFFERS: "the seal of {lot} is not of all that was poured, by {kg} kg.",
}


def check_lots(report: Report, books: Books) -> None:
    """The lots that the pack is about, and all they came from, began somewhere in it."""
    for lot in sorted(_closure(books, report.lots)):
        fact = books.lots.get(lot)
        if lot not in (books.traced or ()):
            report.fault(f"The pack does not say that it holds all statements about the lot {lot}.")
            report.complete = None
        elif fact is None:
            report.fault(f"No statement in the pack names the lot {lot}.")
        elif fact.made_by is None:
            report.notes.append(f"Nobody said how the lot {lot} began.")
        _tell_flags(report, books, lot)
        for shortfall in books.shortfalls.values():
            if shortfall.lot == lot and shortfall.closed_by is None:
                report.notes.append(
                    f"{shortfall.mass_mg / 1_000_000:g} kg more of {lot} were used at {shortfall.site} "
                    "than anybody said was there."
                )
        for recall in books.recalls.get(lot, {}):
            report.notes.append(f"The lot {lot} is RECALLED ({recall}).")


def _tell_flags(report: Report, books: Books, lot: str) -> None:
    """Weight that came from nowhere, where that happened; what was lacking once may have been explained since."""
    for flag in chain.from_iterable(books.flags.values()):
        if flag.lot == lot and flag.kind in _TOLD:
            report.notes.append(
                f"Leaf {books.events[flag.event].leaf}, {flag.event}: "
                + _TOLD[flag.kind].format(lot=lot, kg=f"{flag.mass_mg / 1_000_000:g}")
            )


def check_seals(report: Report, receipts: Receipts) -> None:
    for event, index in receipts.wrong.items():
        report.fault("Its root is not that of the receipts poured into the day-lot.", index, event)


def tell_disputes(report: Report, books: Books) -> None:
    """What a stolen key signed stands in the weights, and proves nothing."""
    for event in books.events.values():
        if is_disputed(books, event):
            report.notes.append(f"Leaf {event.leaf}, {event.id}, is DISPUTED: its key was revoked for that time.")


def _closure(books: Books, lots: tuple[str, ...]) -> set[str]:
    parents: dict[str, set[str]] = {}
    for edges in books.edges.values():
        for edge in edges:
            if edge.parent is not None:
                parents.setdefault(edge.child, set()).add(edge.parent)
    found: set[str] = set()
    waiting = list(lots)
    while waiting:
        lot = waiting.pop()
        if lot not in found:
            found.add(lot)
            waiting.extend(parents.get(lot, ()))
    return found
