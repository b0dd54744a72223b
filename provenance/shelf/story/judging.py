"""How sure one can be of a journey, and what is wrong with it: in one sentence, then in more."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from provenance.coffee import acts, evidence
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import ancestors, edges_of, shortfall_flags
from provenance.shelf.story import words
from provenance.shelf.story.journey import Reading
from provenance.shelf.story.names import Names
from provenance.shelf.story.sentences import Words, sentence
from provenance.shelf.story.values import Recalled, Step, Verdict


def verdict(steps: Sequence[Step]) -> Verdict:
    broken = next((step for step in steps if step.fault), None)
    if broken:
        return Verdict("mismatch", "✖", sentence(_("Does not match: {step}."), step=broken.sentence), (broken.fault,))
    links = [step for step in steps if step.kind in evidence.LINKS and not step.taken_back]
    contested = [step for step in steps if step.contested and not step.taken_back]
    if contested:
        return _contested(contested, links)
    if not links:
        return Verdict("nobody", "○", _("Nobody says how this coffee came here."))
    first, *more = _strength(links)
    if _is_agreed(links):
        # What is agreed claims most: what it rests on stands beside it.
        return Verdict("agreed", "●", first, (*more, *_reasons(links)))
    return Verdict("one_side", "◐", first, tuple(more), _reasons(links))


def _contested(steps: Sequence[Step], links: Sequence[Step]) -> Verdict:
    contest = next(reply for reply in steps[0].standing if reply.code == "contest")
    message = ngettext_lazy(
        "{who} disagrees with one step, and says: {reason}.",
        "{number} steps are disputed, one of them by {who}: {reason}.",
        len(steps),
    )
    told = sentence(message, number=words.number(len(steps)), **contest.sentence.parts)
    step = sentence(_("The step: “{step}”."), step=steps[0].sentence)
    return Verdict("contested", "≠", told, (step, *_strength(links)), _reasons(links))


def _is_agreed(links: Sequence[Step]) -> bool:
    """
    Whether all that has two sides was said by both, and some of it has.

    Of what one does alone there is no other side to ask; but it has to count for something.
    """
    handed, alone = _handed(links)
    return bool(handed) and not alone and all(step.evidence.code != "nobody" for step in links)


def _strength(links: Sequence[Step]) -> list[Words]:
    """How many of the steps in which coffee changed hands rest on one side's word."""
    handed, alone = _handed(links)
    told: list[Words] = []
    if void := sum(step.evidence.code == "nobody" for step in links if step.kind in evidence.OWN_WORK):
        message = ngettext_lazy("{number} step counts for nothing.", "{number} steps count for nothing.", void)
        told.append(sentence(message, number=words.number(void)))
    if len(alone) == len(handed):
        told.append(_("Every step is one side’s word."))
    elif alone:
        message = ngettext_lazy(
            "{number} of {all} records of handovers is one side’s word only.",
            "{number} of {all} records of handovers are one side’s word only.",
            len(alone),
        )
        told.append(sentence(message, number=words.number(len(alone)), all=words.number(len(handed))))
    else:
        told.append(_("Each time the coffee changed hands, both sides said so."))
    return told


def _reasons(links: Sequence[Step]) -> tuple[Words, ...]:
    """Why they count as they do: two sides with a key in one hand, and what cannot have two sides."""
    handed, alone = _handed(links)
    told: list[Words] = []
    if one_hand := sum(step.evidence.words in words.BOTH_BUT.values() for step in alone):
        message = ngettext_lazy(
            "In {number} of these steps both sides spoke, but not each with a key of its own.",
            "In {number} of these steps both sides spoke, but not each with a key of its own.",
            one_hand,
        )
        told.append(sentence(message, number=words.number(one_hand)))
    if len(alone) < len(handed) and any(step.evidence.words == words.OWN_WORK for step in links):
        told.append(_("For picking, roasting and other work there is only the word of whoever did it."))
    return tuple(told)


def _handed(links: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """The steps in which coffee changed hands, and those of them that rest on one side's word."""
    handed = [step for step in links if step.kind in evidence.HANDED_ON]
    return handed, [step for step in handed if step.tone != "agreed"]


def weakest(reading: Reading, steps: Sequence[Step]) -> Step | None:
    ids = [telling.event_id for telling in reading.journey if telling.event_id in reading.books.events]
    found = evidence.weakest(reading.books, ids)
    if found is None:
        return None
    return next((step for step in steps if any(ref.event_id == found.event for ref in step.events)), None)


def recalls(reading: Reading, names: Names, lot: str) -> list[Recalled]:
    books = reading.books
    statements = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    found = []
    for each in sorted(ancestors(edges_of(books), lot)):
        for event_id, issuer in books.recalls.get(each, {}).items():
            said = statements.get(event_id)
            if said is None or not isinstance(said.body, acts.Recall):
                continue
            message = (
                _("{who} recalled this lot on {day}: {reason}.")
                if each == lot
                else _("{who} recalled lot {lot}, which is in it, on {day}: {reason}.")
            )
            reason = words.REASONS[said.body.reason]
            told = sentence(
                message, who=names.party(issuer), lot=lot_code_of(each), day=words.day(said.body.at), reason=reason
            )
            found.append(Recalled(told, each == lot))
    return found


def remarks(reading: Reading, lot: str) -> list[Words]:
    books = reading.books
    message = _("{weight} more of lot {lot} were used than anybody said were there.")
    told: list[Words] = [
        sentence(message, weight=words.weight(short.mass_mg), lot=lot_code_of(short.lot))
        for short in shortfall_flags(edges_of(books), books.shortfalls.values(), lot)
    ]
    journey = {telling.event_id for telling in reading.journey}
    void = [why for event_id, why in books.void.items() if event_id in journey]
    return told + [sentence(_("One statement has no effect: {why}"), why=why) for why in void]
