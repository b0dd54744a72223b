"""Who may say that coffee was picked, sent, received, sent back or made over."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.acting import begins_here, outweighs
from provenance.coffee.ledger.books import Books, LotFact, Signed
from provenance.coffee.rights import (
    check_begins,
    check_custodian,
    check_given,
    check_owner,
    check_pour,
    lots_of,
    party_of,
    site_of,
    traced,
)


def harvest(books: Books, statement: Signed, act: acts.Harvest, index: int | None) -> None:
    site = site_of(books, act.site)
    if statement.iss not in {site.party, party_of(books, site.party).guardian}:
        raise NotAuthorised("Only the farm's own party, or its collector, may record a harvest there.")
    if act.owner not in {None, site.party, statement.iss}:
        raise NotAuthorised("A harvest belongs to the farm's party or to the signer.")
    check_begins(books, statement, act.output.lot)


def dispatch(books: Books, statement: Signed, act: acts.Dispatch, index: int | None) -> None:
    check_custodian(books, statement, act.site, lots_of(act.lines), "send it")
    party_of(books, act.to_party)
    if act.to_site:
        site_of(books, act.to_site)


def receive(books: Books, statement: Signed, act: acts.Receive, index: int | None) -> None:
    site = site_of(books, act.site)
    handover = books.handovers.get(act.dispatch) if act.dispatch else None
    if handover and not handover.withdrawn:
        if handover.to_party != statement.iss:
            raise NotAuthorised("Only the party that this was sent to may receive it.")
    elif act.dispatch in books.events and not handover:
        raise NotAuthorised("What this receipt names as its dispatch is none.")
    elif site.party != statement.iss:
        raise NotAuthorised("Without a dispatch to you, you may receive only at a site of your own.")
    for lot in traced(books, lots_of(act.lines)):
        fact = books.lots.get(lot) or LotFact(lot)
        if not act.dispatch and begins_here(fact, any(new.lot == lot for new in act.begins), statement.iss):
            check_begins(books, statement, lot)
            continue
        if not act.dispatch and act.title:
            check_given(books, statement, lot, act.from_party or fact.opened_by)
        if not act.into and fact.opened_by not in {None, statement.iss} and outweighs(act, fact):
            raise NotAuthorised(
                f"{lot} is somebody else's lot, and weighs more than storing can have added since it last changed: "
                "receive it into a lot of your own.",
                field="lines",
            )
    if act.into:
        check_pour(books, statement, act.into.lot, lots_of(act.lines))


def refuse(books: Books, statement: Signed, act: acts.Refuse, index: int | None) -> None:
    handover = books.handovers.get(act.dispatch)
    if handover is None or handover.withdrawn:
        raise NotAuthorised("There is no dispatch to refuse.")
    if handover.to_party != statement.iss:
        raise NotAuthorised("Only the party that this was sent to may refuse it.")


def transfer_title(books: Books, statement: Signed, act: acts.TransferTitle, index: int | None) -> None:
    party_of(books, act.to_party)
    if act.custodian:
        party_of(books, act.custodian)
    check_owner(books, statement, act.site, lots_of(act.lines), "pass on its title")
