"""Who may say what he saw in coffee, and tie papers to it."""

from provenance.coffee import acts
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.rights import check_custodian, check_handled, check_own, check_pour, party_of, site_of


def grade(books: Books, statement: Signed, act: acts.Grade, index: int | None) -> None:
    site_of(books, act.site)
    check_handled(books, statement, [act.lot], "grade it", auditor=True)


def sample(books: Books, statement: Signed, act: acts.Sample, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.line.lot], "take a sample")
    if act.into:
        check_pour(books, statement, act.into, [act.line.lot])


def attach_document(books: Books, statement: Signed, act: acts.AttachDocument, index: int | None) -> None:
    check_handled(books, statement, act.lots, "attach a document", auditor=True)
    if act.site and not act.lots:
        check_own(books, statement, party_of(books, site_of(books, act.site).party), "attach a document to this site")
