"""What the rules are made of: who holds, owns, handled or named a lot, and who stands for a party."""

from collections.abc import Iterable

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import BalanceKey, Books, EventFact, LotFact, PartyFact, Signed, SiteFact


def party_of(books: Books, uri: str) -> PartyFact:
    if uri not in books.parties:
        raise NotAuthorised(f"{uri} is not registered as a party.")
    return books.parties[uri]


def site_of(books: Books, uri: str) -> SiteFact:
    if uri not in books.sites:
        raise NotAuthorised(f"{uri} is not registered as a site.", field="site")
    return books.sites[uri]


def check_own(books: Books, statement: Signed, party: PartyFact, what: str) -> None:
    if statement.iss not in {party.uri, party.guardian, books.operator}:
        raise NotAuthorised(f"Only the party itself, its guardian or the operator may {what}.")


def check_custodian(books: Books, statement: Signed, site: str, lots: Iterable[str], what: str) -> None:
    for lot in traced(books, lots):
        if not is_custodian(books, statement.iss, site, lot):
            raise NotAuthorised(f"Only the custodian of {lot} there may {what}.")


def check_owner(books: Books, statement: Signed, site: str, lots: Iterable[str], what: str) -> None:
    own_site = site_of(books, site).party == statement.iss
    for lot in traced(books, lots):
        # At a site of one's own where nothing of the lot is recorded, the receipt may still be on its way here.
        unrecorded = own_site and not _stocked(books, lot, site)
        if not owns(books, statement.iss, site, lot) and not unrecorded:
            raise NotAuthorised(f"Only the owner of {lot} there may {what}.")


def check_handled(books: Books, statement: Signed, lots: Iterable[str], what: str, *, auditor: bool = False) -> None:
    if auditor and "auditor" in party_of(books, statement.iss).roles:
        return
    for lot in traced(books, lots):
        if statement.iss not in books.holders.get(lot, ()):
            who = "a present or past owner or custodian" + (", or an auditor," if auditor else "")
            raise NotAuthorised(f"Only {who} of {lot} may {what}.")


def is_custodian(books: Books, party: str, site: str, lot: str) -> bool:
    # A load on its way is nowhere but with its sender.
    at_home = site not in books.handovers and site_of(books, site).party == party
    return at_home or any(key.custodian == party for key in _stocked(books, lot, site))


def owns(books: Books, party: str, site: str, lot: str) -> bool:
    return any(key.owner == party for key in _stocked(books, lot, site))


def _stocked(books: Books, lot: str, site: str) -> list[BalanceKey]:
    return [key for key in books.balances.rows(lot) if key.site == site and books.balances[key] > 0]


def check_begins(books: Books, statement: Signed, lot: str) -> None:
    fact = books.lots.get(lot)
    check_named(fact, statement)
    if fact and fact.made_by and not fact.origin:
        raise NotAuthorised(f"{lot} was made from other lots: nothing more can begin under that name.")


def check_pour(books: Books, statement: Signed, lot: str, inputs: Iterable[str]) -> None:
    if lot in inputs:
        raise NotAuthorised(f"{lot} cannot be made from itself: what comes out is a new lot.")
    if not traced(books, [lot]):
        return
    fact = books.lots.get(lot)
    check_named(fact, statement)
    if fact and fact.closed:
        raise NotAuthorised(f"{lot} is closed: nothing more can be poured into it.")
    if fact and fact.made_by and fact.origin:
        raise NotAuthorised(f"{lot} began at its harvest or first receipt: pour into a new lot.")
    for key in books.balances.rows(lot):
        if books.balances[key] > 0 and statement.iss not in (key.owner, key.custodian):
            raise NotAuthorised(f"Others hold some of {lot}, and theirs must stay what it is: pour into a new lot.")
    if fact and fact.made_by and fact.count is not None:
        raise NotAuthorised(f"{lot} is packed: nothing more can be poured into it.")


def check_given(books: Books, statement: Signed, lot: str, sender: str | None) -> None:
    """What was never sent may be held, but its title is its owner's to pass."""
    for key in books.balances.rows(lot):
        if books.balances[key] > 0 and key.owner != statement.iss and sender in (key.owner, key.custodian):
            raise NotAuthorised(f"{lot} belongs to somebody else, who has not sent it: receive it without its title.")


def check_named(fact: LotFact | None, statement: Signed) -> None:
    if fact and fact.opened_by not in {None, statement.iss}:
        raise NotAuthorised(f"{fact.uri} is somebody else's lot: only who first named it may add to it.")


def is_concerned(books: Books, party: str, event: EventFact) -> bool:
    """Whether the event names the party, or coffee that the party has or had."""
    if party in event.parties or any(party in books.holders.get(lot, ()) for lot in event.lots):
        return True
    return len(traced(books, event.lots)) < len(event.lots)


def check_repeated(lots: Iterable[str], events: Iterable[EventFact]) -> None:
    """What is said of events names their lots, all of them and no others: only so does the index find it there."""
    if set(lots) != {lot for event in events for lot in event.lots}:
        raise NotAuthorised("Name the lots of the events that this is about: all of them, and no others.", field="lots")


def traced(books: Books, lots: Iterable[str]) -> list[str]:
    """Those of the lots over which these Books can judge rights: all of them, but in the pack of other lots."""
    return [lot for lot in lots if books.traced is None or lot in books.traced]


def lots_of(lines: Iterable[acts.LotMass]) -> list[str]:
    return [line.lot for line in lines]
