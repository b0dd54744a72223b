"""What the coffee is: its one line, and the facts of it; "nobody says" where nobody does."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.identifiers import lot_code_of
from provenance.shelf.story import words
from provenance.shelf.story.facts import measured
from provenance.shelf.story.names import Names
from provenance.shelf.story.phrases import form_of
from provenance.shelf.story.sentences import Named, Words, sentence
from provenance.shelf.story.sources import countries
from provenance.shelf.story.values import Fact, Source, Telling

# More of them say nothing at a glance; all stand among the facts.
MOST_VARIETIES = 3
NOBODY_SAYS = _("○ Nobody says")


def headline(told: Sequence[Source]) -> Words | None:
    """Only for several sources; one source is the headline itself."""
    named = [source for source in told if source.name]
    if not named:
        return _("Nobody says where this coffee comes from")
    if len(named) == 1:
        return None
    places = countries(named)
    number = words.number(len(named))
    if len(places) == 1:
        return sentence(_("A blend of {number} origins in {country}"), number=number, country=places[0])
    if places:
        return sentence(_("A blend from {countries}"), countries=words.listed(places))
    return sentence(_("A blend of {number} origins"), number=number)


def one_line(said: acts.Attributes, journey: Sequence[Telling], told: Sequence[Source], names: Names) -> list[Words]:
    """Washed Caturra and Castillo · harvested May–June 2026 · roasted 3 November 2026 in Vienna"""
    parts: list[Words] = []
    variety = words.listed([_titled(name) for name in said.variety]) if 0 < len(said.variety) <= MOST_VARIETIES else ""
    process = words.PROCESSES.get(said.process or "", (said.process or "").capitalize())
    if process and variety:
        parts.append(sentence(_("{process} {variety}"), process=process, variety=variety))
    elif kind := process or variety or words.SPECIES.get(said.species or ""):
        parts.append(kind)
    # Of a blend of which a part is not known, nobody can say when it was picked.
    whole = all(source.name and not source.declared_by for source in told) or len(told) == 1
    bodies = _bodies(journey)
    if whole and (picked := _harvest(bodies)):
        parts.append(sentence(_("harvested {span}"), span=words.span(*picked)))
    if roasts := _roasts(bodies):
        last = max(roasts, key=lambda act: act.at)
        parts.append(_roasted(last, names, _("roasted {day}"), _("roasted {day} in {town}")))
    return parts


def details(lot: str, journey: Sequence[Telling], names: Names) -> list[Fact]:
    """Harvest, process, variety, altitude, roast and cup of all that is on the lot's way."""
    bodies = _bodies(journey)
    made = [new.attributes for body in bodies for new in _new_lots(body)]
    processes = list(dict.fromkeys(words.PROCESSES.get(each.process, each.process) for each in made if each.process))
    varieties = list(dict.fromkeys(_titled(name) for each in made for name in each.variety))
    heights = [height for each in made for height in each.altitude_m or ()]
    picked = _harvest(bodies)
    facts = [
        Fact(_("Harvested"), words.span(*picked) if picked else NOBODY_SAYS),
        Fact(_("Process"), words.listed(processes) if processes else NOBODY_SAYS),
        Fact(_("Variety"), words.listed(varieties) if varieties else NOBODY_SAYS),
        Fact(_("Altitude"), words.altitude(min(heights), max(heights)) if heights else NOBODY_SAYS),
    ]
    roasts = sorted(_roasts(bodies), key=lambda act: act.at)
    days = dict.fromkeys(act.at.date() for act in roasts)
    facts.append(Fact(_("Roasted"), words.listed([words.day(each) for each in days]) if days else NOBODY_SAYS))
    facts += _cups(journey, names) or [Fact(_("In the cup"), NOBODY_SAYS)]
    packed = next((body for body in bodies if isinstance(body, acts.Pack) and body.output.lot == lot), None)
    if packed and packed.output.attributes.best_before:
        facts.append(Fact(_("Best before"), words.day(packed.output.attributes.best_before)))
    return facts


def _cups(journey: Sequence[Telling], names: Names) -> list[Fact]:
    """Each cupping for itself: scores of two protocols, or of two tables, are never compared or averaged."""
    told = []
    for telling in journey:
        body = telling.statement.body if telling.statement else None
        if not isinstance(body, acts.Grade):
            continue
        score = dict(body.results).get("score_centi")
        notes = telling.opened.get("note")
        if score is None and notes is None:
            continue
        sample = form_of(acts.LotMass(lot=body.lot, mass_mg=0), names.books)
        by = sentence(
            _("{protocol}, cupped by {who} on {day}; sample: {form}, lot {lot}"),
            protocol=body.protocol,
            who=names.party(telling.statement.iss),
            day=words.day(body.at),
            form=words.FORMS[sample] if sample else NOBODY_SAYS,
            lot=lot_code_of(body.lot),
        )
        parts: dict[str, Words] = {"by": by}
        message = _("{by}")
        if score is not None:
            message, parts["score"] = _("{score} points ({by})"), measured("score_centi", score)
        if notes is not None:
            message = _("“{notes}”, {score} points ({by})") if score is not None else _("“{notes}” ({by})")
            parts["notes"] = Named(notes.value, notes.digest)
        told.append(Fact(_("In the cup"), sentence(message, **parts)))
    return told


def _bodies(journey: Sequence[Telling]) -> list[acts.Act]:
    return [telling.statement.body for telling in journey if telling.statement]


def _new_lots(body: acts.Act) -> tuple[acts.NewLot, ...]:
    match body:
        case acts.Harvest(output=output) | acts.Pack(output=output):
            return (output,)
        case acts.Process(outputs=outputs) | acts.Split(outputs=outputs):
            return outputs
        case acts.Receive(begins=begins, into=into):
            return (*begins, into) if into else begins
    return ()


def _roasts(bodies: Iterable[acts.Act]) -> list[acts.Process]:
    return [act for act in bodies if isinstance(act, acts.Process) and act.step == "roast"]


def _roasted(act: acts.Process, names: Names, bare: str, with_town: str) -> Words:
    town = names.village(act.site)
    return sentence(with_town, day=words.day(act.at), town=town) if town else sentence(bare, day=words.day(act.at))


def _harvest(bodies: Iterable[acts.Act]) -> tuple[date, date] | None:
    days: list[date] = []
    for body in bodies:
        match body:
            case acts.Harvest(at=at, output=output):
                days += [output.attributes.harvest_start or at.date(), output.attributes.harvest_end or at.date()]
            case acts.Receive(begins=begins):
                spans = [(new.attributes.harvest_start, new.attributes.harvest_end) for new in begins]
                days += [day for span in spans for day in span if day]
    return (min(days), max(days)) if days else None


def _titled(name: str) -> str:
    return name.title() if name.islower() else name
