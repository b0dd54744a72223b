"""Whether the seal of a day-lot is the seal of its receipts (``docs/ledger.md``)."""

from provenance.coffee.acts import Close, Correct
from provenance.coffee.ledger.books import Books, Effects, FlagKind, Signed
from provenance.coffee.ledger.naming import original_id
from provenance.coffee.rights import traced
from provenance.tlog.hashing import leaf_hash, root_of


class Receipts:
    """
    Follows a log in leaf order. ``wrong`` holds the closes that stand and whose root is not that of their receipts:
    the leaf by the event's id.

    Where count or mass differ too, the close is flagged already: it was signed before all receipts had come in.
    """

    def __init__(self) -> None:
        self.wrong: dict[str, int | None] = {}
        self._poured: dict[str, dict[str, bytes]] = {}  # lot -> {receipt's event id: leaf hash}

    def follow(self, books: Books, statement: Signed, effects: Effects, jws: bytes) -> None:
        """Take note of a statement that had an effect on the Books, and of the bytes that the log keeps of it."""
        body = statement.body
        if statement.act == "receive":
            for edge in effects.edges:
                self._poured.setdefault(edge.child, {})[statement.jti] = leaf_hash(jws)
        elif isinstance(body, Correct):
            original = original_id(body)
            self.wrong.pop(original, None)
            for lot in effects.event.lots:
                self._poured.get(lot, {}).pop(original, None)
        elif isinstance(body, Close) and traced(books, [body.lot]) and not _differs(effects):
            root = root_of(self._poured.get(body.lot, {}).values())
            if body.receipts_root != root.hex():
                self.wrong[statement.jti] = effects.event.leaf


def _differs(effects: Effects) -> bool:
    return any(flag.kind is FlagKind.CLOSE_DIFFERS for flag in effects.flags)
