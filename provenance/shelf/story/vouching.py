"""Certificates that hold, and what growers say in their own words."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.certificates import Certificate, certificates
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.journey import Reading, made_by, makes
from provenance.shelf.story.names import Names
from provenance.shelf.story.phrases import phrase
from provenance.shelf.story.sentences import Named, Words, sentence
from provenance.shelf.story.values import Certified, Telling, Voice


def holding(reading: Reading, today: date) -> list[Certificate]:
    """
    The certificates that hold on this day: neither withdrawn, nor taken back, nor without effect.

    One of a place or a party counts only where it held as well on a day when they made what this lot is of.
    """
    journey = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    made = [statement for statement in journey.values() if makes(statement.body)]
    return [
        one
        for one in certificates(reading.books)
        if one.event in journey and one.holds_on(today) and (one.lots or any(_held_at(one, each) for each in made))
    ]


def _held_at(certificate: Certificate, making: Statement) -> bool:
    day = making.body.at.date()
    return bool({certificate.site, certificate.party} & made_by(making)) and certificate.holds_on(day)


def without_past(reading: Reading, held: Sequence[Certificate]) -> list[Telling]:
    """The journey, of whose places and parties only those certificates are told that hold."""
    told = {certificate.event for certificate in held}
    past = {telling.event_id for telling in reading.journey if _is_of_a_place(telling)} - told
    return [telling for telling in reading.journey if telling.event_id not in past and _original(telling) not in past]


def _is_of_a_place(telling: Telling) -> bool:
    body = telling.statement.body if telling.statement else None
    return isinstance(body, acts.Certify | acts.Withdraw) and not body.lots


def _original(telling: Telling) -> str | None:
    body = telling.statement.body if telling.statement else None
    return str(body.original.get("eventID")) if isinstance(body, acts.Correct) else None


def vouched(held: Sequence[Certificate], names: Names) -> list[Certified]:
    """Certificates as the page says them."""
    return [
        Certified(one.scheme, names.party(one.issuer), _scope(one, names), one.valid_to, words.CHAINS[one.chain])
        for one in held
    ]


def _scope(certificate: Certificate, names: Names) -> Words:
    if certificate.lots:
        return sentence(_("for {lots}"), lots=words.listed([lot_code_of(lot) for lot in certificate.lots]))
    whole = names.site(certificate.site) or names.party(certificate.party or "")
    return sentence(_("for {whole} as a whole, not for this lot by name"), whole=whole)


def voices(reading: Reading, journey: Sequence[Telling], names: Names) -> list[Voice]:
    """What growers wrote beside their own statements, as far as they let everybody read it."""
    told = []
    for telling in journey:
        statement, note = telling.statement, telling.opened.get("note")
        grower = reading.books.parties.get(statement.iss) if statement else None
        if note is None or grower is None or "farmer" not in grower.roles:
            continue
        about = phrase(statement.body, statement.iss, names)
        at = getattr(statement.body, "at", None)
        told.append(Voice(names.party(statement.iss), Named(note.value, note.digest), about, at))
    return told
