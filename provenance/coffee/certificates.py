"""Certificates that third parties state, and whether one holds on a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from provenance.coffee.acts import Certify, Withdraw
from provenance.coffee.epcis import act_of
from provenance.coffee.evidence import is_disputed
from provenance.coffee.ledger.books import Books, EventFact


@dataclass(frozen=True)
class Certificate:
    """
    ``event`` is the id of the statement. About ``lots``, or a ``site``, or a ``party``.

    ``chain`` is how the certified coffee is kept: a mass balance says nothing of what is in a bag.
    """

    event: str
    issuer: str
    scheme: str
    chain: str
    valid_from: date
    valid_to: date
    lots: tuple[str, ...]
    site: str | None
    party: str | None
    withdrawn_from: date | None = None

    def holds_on(self, day: date) -> bool:
        """The last day of its term counts; the day from which it is withdrawn does not."""
        if self.withdrawn_from is not None and day >= self.withdrawn_from:
            return False
        return self.valid_from <= day <= self.valid_to


def certificates(books: Books) -> list[Certificate]:
    """All that stand in the Books, in leaf order; not those taken back, or signed with a key that is in doubt."""
    ended: dict[str, date] = {}
    for event, act in _said(books, "withdraw"):
        if isinstance(act, Withdraw) and event.refers:
            ended[event.refers] = min(act.since, ended.get(event.refers, act.since))
    return [
        Certificate(
            event.id,
            event.iss,
            act.scheme,
            act.chain,
            act.valid_from,
            act.valid_to,
            act.lots,
            act.site,
            act.party,
            ended.get(event.id),
        )
        for event, act in _said(books, "certify")
        if isinstance(act, Certify)
    ]


def _said(books: Books, name: str) -> Iterator[tuple[EventFact, object]]:
    for event in books.events.values():
        if event.act == name and not event.corrected_by and not is_disputed(books, event):
            yield event, act_of(name, dict(event.payload))
