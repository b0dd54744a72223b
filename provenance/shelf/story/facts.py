"""The facts of a step: what was measured, described, lost and gained, as it was signed."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.epcis import MEASUREMENTS
from provenance.shelf.story import words
from provenance.shelf.story.sentences import Named, Signed, Words, sentence
from provenance.shelf.story.values import Fact, Opened

# A picture is shown, not described.
SHOWN_ELSEWHERE = frozenset({"photo"})


def facts_of(act: acts.Act, opened: Mapping[str, Opened]) -> tuple[Fact, ...]:
    """What an act says beyond its weights, and what is disclosed beside it."""
    facts = [
        Fact(words.FIELDS[name], Named(one.value, one.digest))
        for name, one in opened.items()
        if name not in SHOWN_ELSEWHERE
    ]
    facts += _differences(act)
    match act:
        case acts.Grade(results=results):
            facts += [Fact(words.MEASURED[name], measured(name, number)) for name, number in results]
        case acts.Receive(moisture_permille=moisture) if moisture is not None:
            facts.append(Fact(words.MEASURED["moisture_permille"], measured("moisture_permille", moisture)))
        case acts.Correct(reason=reason):
            facts.append(Fact(_("why"), words.CORRECTED[reason]))
        case acts.AttachDocument(sha256=str(digest)):
            facts.append(Fact(_("SHA-256 of the file"), Signed(digest, digest)))
        case acts.Certify(valid_from=valid_from, valid_to=valid_to, chain=chain):
            facts += [
                Fact(_("valid from"), Signed(valid_from.isoformat(), words.day(valid_from))),
                Fact(_("valid until"), Signed(valid_to.isoformat(), words.day(valid_to))),
                Fact(_("how it is kept"), Signed(chain, words.CHAINS[chain])),
            ]
    declared = getattr(act, "declared_from", None)
    if declared is not None:
        word = sentence(_("declared from record {row} of the file"), row=words.number(declared.row))
        facts.append(Fact(word, Signed(declared.sha256, declared.sha256)))
    for output in _described(act):
        facts += _attributes(output.attributes)
    return tuple(facts)


def measured(name: str, number: int) -> Words:
    """A result as it was signed, with its unit."""
    measurement = MEASUREMENTS[name]
    text = format(Decimal(number).scaleb(-measurement.places), "f")
    said = text.rstrip("0").rstrip(".") if "." in text else text
    figure = Signed(said, words.figure(said))
    unit = words.UNITS.get(measurement.uom or "")
    return sentence(unit, figure=figure) if unit else figure


def _differences(act: acts.Act) -> list[Fact]:
    """The losses and gains that an act names."""
    told = []
    ways = ((_("lost: {kind}"), "losses"), (_("gained: {kind}"), "gains"))
    for one, word in ((one, word) for word, named in ways for one in getattr(act, named, ())):
        said = words.said_kg(one.mass_mg)
        figure = Signed(said, words.figure(said))
        text = sentence(_("{figure} kg, {basis}"), figure=figure, basis=words.BASES[one.basis])
        told.append(Fact(sentence(word, kind=words.LOSSES[one.kind]), text))
    return told


def _described(act: acts.Act) -> list[acts.NewLot]:
    match act:
        case acts.Harvest(output=output) | acts.Pack(output=output):
            return [output]
        case acts.Process(outputs=outputs) if len(outputs) == 1:
            return list(outputs)
        case acts.Receive(begins=begins) if len(begins) == 1:
            return list(begins)
    return []


def _attributes(said: acts.Attributes) -> list[Fact]:
    facts = [
        Fact(word, Signed(value, table.get(value, value)))
        for word, value, table in (
            (_("region"), said.region, {}),
            (_("species"), said.species, words.SPECIES),
            (_("process"), said.process, words.PROCESSES),
            (_("grade"), said.grade, {}),
            (_("roast"), said.roast_degree, {}),
        )
        if value
    ]
    if said.variety:
        facts.append(Fact(_("variety"), words.listed(said.variety)))
    if said.altitude_m:
        facts.append(Fact(_("altitude"), words.altitude(*said.altitude_m)))
    if said.claims:
        facts.append(Fact(_("claimed"), words.listed(said.claims)))
    return facts
