"""Judging a whole log again, in leaf order."""

from collections.abc import Iterable

from provenance.coffee import rules
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger.booking import apply
from provenance.coffee.ledger.books import Books, Signed


def replay(statements: Iterable[Signed]) -> Books:
    """
    The Books after all statements, the first being leaf 0; signatures are the caller's to check.

    A statement that the rules refuse has no effect; ``Books.void`` says why, by event id. (An id that stands in both
    ``events`` and ``void`` was said twice; only the first counts.)
    """
    books = Books()
    for index, statement in enumerate(statements):
        try:
            rules.authorise(books, statement, index)
        except CoffeeError as error:
            books.void[statement.jti] = str(error)
        else:
            apply(books, statement, index)
    return books
