"""
Whether a pack leaves anything out: the statements in it against the log's own index (docs/trail-format.md, 5).

The checkpoint ends in an index leaf, which signs the root of an index over all leaves before it. For each traced lot,
for each party, site, plot and key that its statements are judged by, for each statement about no lot (a certificate of
a place, say), and for what concerns everybody (recalls, their ends, ended keys, erased values), the pack says which
leaves name or register it and proves from the index that these are all. Each of them has to be in the pack. Of
registrations the first counts.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from provenance.coffee.acts import Erased, Index, LiftRecall, Recall, RevokeKey
from provenance.coffee.indexing import REGISTERED, VERSION, WHOLE_LOG, Name, names_of
from provenance.coffee.ledger import is_transit, needs
from provenance.coffee.statement import Statement, decode_b64url
from provenance.pack.format import Listing
from provenance.tlog.errors import ProofRefused
from provenance.tlog.index import Naming, Proof, check_list, check_proof, key_of

# A reader of packs is also told which withheld values are no more. A phone is shown what there is.
OF_PACKS = (*WHOLE_LOG, ("act", Erased.name))

_WORDS = {
    "recall": "all recalls",
    "lift_recall": "all lifted recalls",
    "revoke_key": "all ended keys",
    "erased": "all erasures",
}
_KINDS = {"lot": "the lot", "event": "what is said of", REGISTERED: "registrations of"}


def rests_on(statements: Iterable[Statement]) -> set[str]:
    """
    The party, site and plot URIs and the kids that these statements name: by their registrations they are judged.

    Pure over each statement by itself. A registration among them names others in turn, so whoever collects them asks
    again with those that he found, until nothing new comes.
    """
    ids: set[str] = set()
    for statement in statements:
        named = needs(statement)
        ids.update(named.parties, named.plots, named.kids, (uri for uri in named.sites if not is_transit(uri)))
    return ids


def about_no_lot(statements: Iterable[Statement]) -> set[str]:
    """
    Ids of the events that name no lot: a certificate of a place or a party, its end, its correction.

    No lot's list holds what others said of these. Their own lists do, since whatever ends, corrects or contests an
    event names it.
    """
    return {
        statement.jti
        for statement in statements
        if statement.event is not None and not any(kind == "lot" for kind, _ in names_of(statement))
    }


def wanted(
    traced: Iterable[str], registered: Iterable[str], events: Iterable[str], version: int = VERSION
) -> list[Name]:
    """
    Every key of the index, by that version of its map, whose whole list a reader must be shown.

    ``traced``: the lots that he is told about; ``registered`` and ``events``: what ``rests_on`` and ``about_no_lot``
    give for the statements that are judged for them. Of an id that nobody registered the list is empty, and that is
    proved as well. Packs from the time of version 1 list no erasures.
    """
    names = sorted(registered) if version > 1 else ()
    return [
        *(("lot", lot) for lot in sorted(traced)),
        *(("event", event) for event in sorted(events)),
        *((REGISTERED, name) for name in names),
        *(OF_PACKS if version > 1 else WHOLE_LOG),
    ]


class Lack(NamedTuple):
    """Something that is missing or wrong; ``leaf`` where it is known which."""

    what: str
    leaf: int | None = None


class Completeness:
    """Follows the statements of a pack that stand in the log, and then says what is missing."""

    def __init__(self, traced: Iterable[str]) -> None:
        self._traced = tuple(traced)
        self._namings: dict[Name, list[Naming]] = {name: [] for name in wanted(self._traced, (), ())}
        self._registered: set[str] = set()
        self._events: set[str] = set()
        self.index: Index | None = None
        self.ended: set[str] = set()  # kids whose end the pack holds, but no registration before it

    def follow(self, statement: Statement, leaf: int, digest: bytes) -> None:
        """The next statement, in the log's order."""
        for name in names_of(statement):
            if name in self._namings or name[0] in (REGISTERED, "event"):
                self._namings.setdefault(name, []).append(Naming(leaf, digest))

    def rest_on(self, statement: Statement) -> None:
        """The statement is judged: by registrations, which have to be the first, and with all that is said of it."""
        self._registered |= rests_on([statement])
        self._events |= about_no_lot([statement])

    def is_bystander(self, statement: Statement, known: Container[str], withheld: Container[str]) -> bool:
        """
        Whether it is there only so that all of its kind are: it names no traced lot, ends none of these ``known``
        keys, and erases none of these ``withheld`` values.

        The pack does not hold what it would be judged by, and nothing hangs on it.
        """
        if isinstance(statement.body, Erased):
            return all(digest not in withheld for digest in statement.body.digests)
        if isinstance(statement.body, RevokeKey):
            if statement.body.kid in known:
                return False
            self.ended.add(statement.body.kid)
            return True
        if not isinstance(statement.body, Recall | LiftRecall):
            return False
        return all(("lot", lot) not in self._namings for lot in statement.body.lots)

    def lacks(self, listings: Iterable[Listing]) -> Iterator[Lack]:
        """Everything that is missing or not proved. Needs the index leaf in ``index``."""
        assert self.index is not None
        root = decode_b64url(self.index.root.encode(), "root")
        asked = dict.fromkeys(wanted(self._traced, self._registered, self._events, self.index.v))
        found: set[Name] = set()
        for listing in listings:
            name = (listing.kind, listing.name)
            if name in found or name not in asked:
                yield Lack(f"The list of {_told(name)} is given twice, or was not asked for.")
            else:
                found.add(name)
                yield from self._lacks_of(name, listing, root)
        for name in asked.keys() - found:
            yield Lack(f"The list of {_told(name)} is not in the pack: statements may have been left out.")

    def _lacks_of(self, name: Name, listing: Listing, root: bytes) -> Iterator[Lack]:
        namings = [naming for naming in self._namings.get(name, ()) if self.index and naming.leaf < self.index.upto]
        try:
            record = check_proof(key_of(*name), Proof(listing.bucket, listing.path), root)
        except ProofRefused as error:
            yield Lack(f"The list of {_told(name)} is not proved. {error}")
            return
        held = {naming.leaf for naming in namings}
        if missing := [leaf for leaf in listing.leaves if leaf not in held]:
            for leaf in missing:
                yield Lack(f"It belongs to the list of {_told(name)} and is not in the pack.", leaf)
            return
        try:
            check_list(record, _among(namings, listing.leaves))
        except ProofRefused as error:
            yield Lack(f"The list of {_told(name)} in the pack is not the log's. {error}")
            return
        listed = set(listing.leaves)
        for naming in namings:
            if naming.leaf not in listed:
                yield Lack(
                    f"It belongs to the list of {_told(name)}, and the index that the log signed leaves it out.",
                    naming.leaf,
                )


def _among(namings: Sequence[Naming], leaves: Sequence[int]) -> list[Naming]:
    by_leaf = {naming.leaf: naming for naming in namings}
    return [by_leaf[leaf] for leaf in leaves]


def _told(name: Name) -> str:
    kind, what = name
    return _WORDS.get(what, what) if kind == "act" else f"{_KINDS.get(kind, kind)} {what}"
