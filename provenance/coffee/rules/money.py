"""Who may say that he paid."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, EventFact, Signed
from provenance.coffee.rights import check_repeated, traced


def pay(books: Books, statement: Signed, act: acts.Pay, index: int | None) -> None:
    deliveries = [books.events[event] for event in act.deliveries if event in books.events]
    # The pack of one lot does not hold deliveries of others that were paid together with it.
    if len(deliveries) < len(act.deliveries) and books.traced is None:
        raise NotAuthorised("There is no such delivery to pay for.", field="deliveries")
    for delivery in deliveries:
        if delivery.corrected_by:
            raise NotAuthorised("A delivery that was taken back is not paid for.", field="deliveries")
        if not _is_buyer(books, statement.iss, delivery):
            raise NotAuthorised("Only whoever bought a delivery may say that he paid for it.", field="deliveries")
    if len(deliveries) == len(act.deliveries):
        check_repeated(act.lots, deliveries)


def _is_buyer(books: Books, party: str, delivery: EventFact) -> bool:
    """Whether the delivery makes the coffee this party's, or will when a load on its way arrives."""
    if len(traced(books, delivery.lots)) < len(delivery.lots):
        return True
    handover = books.handovers.get(delivery.refers or "")
    return delivery.title_to == party and (handover is None or handover.title)
