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
    """Whether the coffee became this party's by the delivery, or will when a load on its way arrives."""
    if len(traced(books, delivery.lots)) < len(delivery.lots):
        return True
    if delivery.act == "dispatch":
        handover = books.handovers[delivery.id]
        return handover.title and handover.to_party == party
    if delivery.act not in {"receive", "transfer_title"}:
        return False
    return sum(posting.mass_mg for posting in books.postings[delivery.id] if posting.key.owner == party) > 0
