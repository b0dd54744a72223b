"""Certificates that hold, and what growers say in their own words."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.identifiers import lot_code_of
from provenance.shelf.story import words
from provenance.shelf.story.journey import Reading
from provenance.shelf.story.names import Names
from provenance.shelf.story.phrases import phrase
from provenance.shelf.story.sentences import Named, Words, sentence
from provenance.shelf.story.values import Certificate, Telling, Voice


def certificates(reading: Reading, names: Names, today: date) -> list[Certificate]:
    """Those whose issuer, scope and dates hold on this day: neither withdrawn, nor taken back, nor without effect."""
    standing = [telling for telling in reading.journey if _stands(reading, telling)]
    ended = {
        body.certificate
        for telling in standing
        if isinstance(body := telling.statement.body, acts.Withdraw) and body.since <= today
    }
    return [
        Certificate(
            body.scheme,
            names.party(telling.statement.iss),
            _scope(body, names),
            body.valid_to,
            words.CHAINS[body.chain],
        )
        for telling in standing
        if isinstance(body := telling.statement.body, acts.Certify)
        and telling.event_id not in ended
        and body.valid_from <= today <= body.valid_to
    ]


def _stands(reading: Reading, telling: Telling) -> bool:
    fact = reading.books.events.get(telling.event_id)
    return telling.statement is not None and fact is not None and not fact.corrected_by


def _scope(body: acts.Certify, names: Names) -> Words:
    if body.lots:
        return sentence(_("for {lots}"), lots=words.listed([lot_code_of(lot) for lot in body.lots]))
    if body.site:
        return sentence(_("for {place}"), place=names.site(body.site) or _("a place that is not registered"))
    return sentence(_("for {who}"), who=names.party(body.party or ""))


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
