"""
How well an event is evidenced: who said it, with whose key, and what else speaks for it.

A lot is as strong as its weakest link, and pages say which link that is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from provenance.coffee import acts
from provenance.coffee.epcis import act_of
from provenance.coffee.ledger.books import Books, EventFact

Answers: TypeAlias = dict[str, list[EventFact]]
"""By event id, in leaf order: what others said of it."""

# What an instrument reads off; everything else a grade finds is somebody's judgement.
READINGS = frozenset({"moisture_permille", "water_activity_milli", "density_g_per_l", "agtron"})

# The acts that carry coffee from farm to shelf; looking at it and speaking of it make a chain no weaker.
LINKS = frozenset({"harvest", "dispatch", "receive", "transfer_title", "close", "process", "split", "pack", "sample"})

# The links that have two sides. Whoever picks, mills, roasts or packs in his own works has no other side.
HANDED_ON = frozenset({"dispatch", "receive", "transfer_title"})
OWN_WORK = LINKS - HANDED_ON

# What one says of coffee that may be another's. The rules let nobody certify himself, or coffee that he has or had.
LOOKED_AT = frozenset({"grade", "certify"})

REPLIES = frozenset({"confirm", "contest"})


class Grade(Enum):
    """A grade of evidence: its word in code, its mark and its plain words. Meaning is never told by colour alone."""

    BOTH_SIDES = ("both_sides", "●", "Both sides say so")
    INSTRUMENT = ("instrument", "▣", "An instrument measured it")
    THIRD_PARTY = ("third_party", "◎", "A third party checked it")
    ONE_SIDE = ("one_side", "◐", "One side says so")
    NOBODY = ("nobody", "○", "Nobody says so")

    def __init__(self, code: str, mark: str, words: str) -> None:
        self.code = code
        self.mark = mark
        self.words = words

    @property
    def strength(self) -> int:
        """From 4, both sides, to 0, nobody."""
        return len(Grade) - 1 - list(Grade).index(self)


class Reason(Enum):
    """Why a grade is not higher, in words for the page."""

    NONE = ""
    UNCONFIRMED = "the other side has not confirmed it"
    ONE_INSTALLATION = "both sides' keys lie with the operator: both entered through one installation"
    SERVER_KEY = "one side's key lies with the operator"
    KEY_BY_OTHER = "one side's key was registered by the other side"
    CONTESTED = "somebody whom it concerns says that it is not so"
    DISPUTED = "the key was revoked, and what it signed then is disputed"
    NOT_RECORDED = "what came before is not recorded"
    CORRECTED = "its signer took it back"


@dataclass(frozen=True, slots=True)
class Finding:
    """``parties``: whose statements speak for the event, its signer first."""

    event: str
    grade: Grade
    reason: Reason
    parties: tuple[str, ...]


def grade(books: Books, event_id: str) -> Finding:
    """
    The evidence of one event; the Books hold it, its handover, the receipts of that handover, all replies to it and
    all their keys.

    Both sides: a dispatch and its receipt by another party, or an event and its confirmation by a party that it names,
    both signed with keys that only their devices hold, and neither of which the other side registered: who did that may
    hold it. What somebody contests is one side's word, whoever else agrees.
    Raises KeyError for an event that the Books do not hold.
    """
    return _grade(books, books.events[event_id], _answers(books))


def weakest(books: Books, event_ids: Iterable[str]) -> Finding | None:
    """
    The weakest link of a closure: of the movements and makings in it the first of the least grade; None if none.

    Of equal grades what is contested is weaker.
    """
    answers = _answers(books)
    events = [books.events[event_id] for event_id in event_ids]
    findings = [_grade(books, event, answers) for event in events if event.act in LINKS and not event.corrected_by]
    return min(
        findings,
        key=lambda finding: (finding.grade.strength, finding.reason is not Reason.CONTESTED),
        default=None,
    )


def contests(books: Books, event_id: str) -> list[EventFact]:
    """The replies that still contest an event: not taken back, and not followed by a confirmation of their signer."""
    return [reply for reply in _standing_replies(books, _answers(books).get(event_id, [])) if reply.act == "contest"]


def confirmations(books: Books, event_id: str) -> list[EventFact]:
    """The replies that confirm an event and still stand."""
    return [reply for reply in _standing_replies(books, _answers(books).get(event_id, [])) if reply.act == "confirm"]


def standing_replies(books: Books) -> frozenset[str]:
    """Ids of the replies that count: of each party the last about an event, not taken back, its key not in doubt."""
    return frozenset(reply.id for said in _answers(books).values() for reply in _standing_replies(books, said))


def is_disputed(books: Books, event: EventFact) -> bool:
    """Whether the event lies in the leaves that a revocation of its key put in doubt (it has to be published)."""
    key = books.keys[event.kid]
    if key.revoked_by is None or key.disputed_from is None or event.leaf is None:
        return False
    return key.disputed_from <= event.leaf and (key.revoked_leaf is None or event.leaf < key.revoked_leaf)


def _grade(books: Books, event: EventFact, answers: Answers) -> Finding:
    if event.corrected_by:
        return Finding(event.id, Grade.NOBODY, Reason.CORRECTED, (event.iss,))
    if is_disputed(books, event):
        return Finding(event.id, Grade.NOBODY, Reason.DISPUTED, (event.iss,))
    if any(reply.act == "contest" for reply in _standing_replies(books, answers.get(event.id, []))):
        return Finding(event.id, Grade.ONE_SIDE, Reason.CONTESTED, (event.iss,))
    if event.act in LOOKED_AT:
        return Finding(event.id, _inspection(books, event), Reason.NONE, (event.iss,))
    others = _other_sides(books, event, answers)
    if not others:
        return Finding(event.id, Grade.ONE_SIDE, _why_alone(books, event), (event.iss,))
    # A key of the other side's own counts for more than an earlier word with another.
    doubts = [(one, _doubt(books, event, one)) for one in others]
    other, doubt = next((each for each in doubts if each[1] is Reason.NONE), doubts[0])
    found = Grade.BOTH_SIDES if doubt is Reason.NONE else Grade.ONE_SIDE
    return Finding(event.id, found, doubt, (event.iss, other.iss))


def _doubt(books: Books, event: EventFact, other: EventFact) -> Reason:
    """Why these two need not be two sides: one hand may hold both keys."""
    at_device = [books.keys[one.kid].custody == "device" for one in (event, other)]
    if not any(at_device):
        return Reason.ONE_INSTALLATION
    if not all(at_device):
        return Reason.SERVER_KEY
    if other.iss in _registrars(books, event.kid) or event.iss in _registrars(books, other.kid):
        return Reason.KEY_BY_OTHER
    return Reason.NONE


def _registrars(books: Books, kid: str) -> set[str]:
    """Who said whose key it is. A party that said so itself did with a key before: who registered that counts, too."""
    key = books.keys[kid]
    if key.registrar != key.party:
        return {key.registrar}
    return {each.registrar for each in books.keys.values() if each.party == key.party}


def _inspection(books: Books, event: EventFact) -> Grade:
    if event.act == "grade" and _was_measured(event):
        return Grade.INSTRUMENT
    handled = any(event.iss in books.holders.get(lot, ()) for lot in event.lots)
    return Grade.ONE_SIDE if handled else Grade.THIRD_PARTY


def _was_measured(event: EventFact) -> bool:
    act = act_of("grade", dict(event.payload))
    names = {name for name, _ in act.results} if isinstance(act, acts.Grade) else set()
    return bool(names) and names <= READINGS


def _other_sides(books: Books, event: EventFact, answers: Answers) -> list[EventFact]:
    """The undisputed statements of other parties about the same handover, and confirmations by who took part."""
    said = answers.get(event.id, [])
    others: list[EventFact] = []
    if event.act == "dispatch":
        others = [one for one in said if one.act == "receive"]
    elif event.act == "receive" and event.refers in books.events:
        others = [books.events[event.refers]]
    sides = set(event.parties)
    for delivery in event.covers:
        # A payment names nobody: who sold is on the other side of it.
        sides |= set(books.events[delivery].parties) if delivery in books.events else set()
    others += [one for one in _standing_replies(books, said) if one.act == "confirm" and one.iss in sides]
    return [one for one in others if one.iss != event.iss and not one.corrected_by and not is_disputed(books, one)]


def _standing_replies(books: Books, said: Iterable[EventFact]) -> list[EventFact]:
    """Everybody's last reply, without those taken back or signed with a key in doubt."""
    last: dict[str, EventFact] = {}
    for one in said:
        if one.act in REPLIES and not one.corrected_by and not is_disputed(books, one):
            last[one.iss] = one
    return list(last.values())


def _why_alone(books: Books, event: EventFact) -> Reason:
    if event.act == "receive" and event.refers not in books.events:
        return Reason.NOT_RECORDED
    return Reason.UNCONFIRMED if event.act in HANDED_ON | {"pay"} else Reason.NONE


def _answers(books: Books) -> Answers:
    """Receipts and replies by the event that they are about, in leaf order."""
    answers: Answers = {}
    for event in books.events.values():
        if event.refers and (event.act == "receive" or event.act in REPLIES):
            answers.setdefault(event.refers, []).append(event)
    return answers
