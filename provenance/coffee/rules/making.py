"""Who may say that coffee was made into other coffee."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.rights import check_custodian, check_pour, lots_of


def close(books: Books, statement: Signed, act: acts.Close, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.lot], "close it")
    lot = books.lots.get(act.lot)
    if lot is None or not lot.day_lot or lot.opened_by != statement.iss:
        raise NotAuthorised(f"{act.lot} is no day-lot of yours: whoever opened a day-lot closes it.")
    if lot.closed:
        raise NotAuthorised(f"{act.lot} is closed already.")


def process(books: Books, statement: Signed, act: acts.Process, index: int | None) -> None:
    inputs = lots_of(act.inputs)
    check_custodian(books, statement, act.site, inputs, "process it")
    for output in act.outputs:
        check_pour(books, statement, output.lot, inputs)


def split(books: Books, statement: Signed, act: acts.Split, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.input.lot], "split it")
    for output in act.outputs:
        check_pour(books, statement, output.lot, [act.input.lot])


def pack(books: Books, statement: Signed, act: acts.Pack, index: int | None) -> None:
    inputs = lots_of(act.inputs)
    check_custodian(books, statement, act.site, inputs, "pack it")
    lot = books.lots.get(act.output.lot)
    if lot and lot.made_by:
        raise NotAuthorised(f"{lot.uri} exists already: a pack lot is packed once.")
    check_pour(books, statement, act.output.lot, inputs)
