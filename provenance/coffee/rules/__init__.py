"""
Who may say what: the one law that the recorder, the offline verifier and every mirror judge by, in leaf order.

Missing stock is no reason to refuse (the ledger opens a shortfall); a missing right is. Every refusal is a sentence
that names what was tried and who may do it.
"""

from collections.abc import Callable
from typing import Any

from provenance.coffee.bounds import check_room
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, KeyFact, Signed
from provenance.coffee.rules import ending, looking, making, money, movement, registry, voice

RULES: dict[str, Callable[[Books, Signed, Any, int | None], None]] = {
    "genesis": registry.genesis,
    "register_party": registry.register_party,
    "register_site": registry.register_site,
    "register_plot": registry.register_plot,
    "register_key": registry.register_key,
    "revoke_key": registry.revoke_key,
    "erased": registry.erased,
    "index": registry.index,
    "succession": registry.succession,
    "harvest": movement.harvest,
    "dispatch": movement.dispatch,
    "receive": movement.receive,
    "refuse": movement.refuse,
    "transfer_title": movement.transfer_title,
    "close": making.close,
    "process": making.process,
    "split": making.split,
    "pack": making.pack,
    "grade": looking.grade,
    "sample": looking.sample,
    "attach_document": looking.attach_document,
    "sell": ending.sell,
    "dispose": ending.dispose,
    "recall": ending.recall,
    "lift_recall": ending.lift_recall,
    "pay": money.pay,
    "confirm": voice.confirm,
    "contest": voice.contest,
    "certify": voice.certify,
    "withdraw": voice.withdraw,
    "correct": voice.correct,
}


def authorise(books: Books, statement: Signed, index: int | None) -> None:
    """
    Raise ``NotAuthorised`` unless the signer's key stands and the signer may say this.

    ``index`` is the statement's place in the log series; None while recording, when a revocation counts at once.
    """
    if statement.jti in books.events:
        raise NotAuthorised("This event is recorded already: an event id is used once.")
    if statement.act != "genesis":
        check_key(books, statement, index)
    RULES[statement.act](books, statement, statement.body, index)
    check_room(books, statement)


def check_key(books: Books, statement: Signed, index: int | None) -> None:
    """Raise ``NotAuthorised`` unless the key is registered, the signer's own and not revoked at leaf ``index``."""
    key = books.keys.get(statement.kid)
    if key is None:
        raise NotAuthorised("The key that signed this is not registered: the operator or a guardian registers keys.")
    if key.party != statement.iss:
        raise NotAuthorised("The key that signed this belongs to somebody else: only its own party may use it.")
    if index is not None and key.from_leaf is not None and key.from_leaf >= index:
        raise NotAuthorised("The key that signed this was registered only later in the log.")
    if _is_revoked(key, index):
        raise NotAuthorised("The key that signed this is revoked: its party needs a new one.")


def _is_revoked(key: KeyFact, index: int | None) -> bool:
    if index is None:
        return key.revoked_by is not None
    return key.revoked_leaf is not None and key.revoked_leaf < index
