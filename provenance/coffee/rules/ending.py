"""Who may say that coffee left the trail, and call it back."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.rights import check_handled, check_owner, is_custodian, lots_of, owns, traced


def sell(books: Books, statement: Signed, act: acts.Sell, index: int | None) -> None:
    if act.owner not in {None, statement.iss}:
        raise NotAuthorised("Only the owner may sell: pass the title first.")
    check_owner(books, statement, act.site, lots_of(act.lines), "sell it")


def dispose(books: Books, statement: Signed, act: acts.Dispose, index: int | None) -> None:
    for lot in traced(books, lots_of(act.lines)):
        if not is_custodian(books, statement.iss, act.site, lot) and not owns(books, statement.iss, act.site, lot):
            raise NotAuthorised(f"Only the custodian or the owner of {lot} there may dispose of it.")


def recall(books: Books, statement: Signed, act: acts.Recall, index: int | None) -> None:
    check_handled(books, statement, act.lots, "recall it")


def lift_recall(books: Books, statement: Signed, act: acts.LiftRecall, index: int | None) -> None:
    for lot in traced(books, act.lots):
        if books.recalls.get(lot, {}).get(act.recall) != statement.iss:
            raise NotAuthorised(f"Only whoever recalled {lot} may lift that recall.")
