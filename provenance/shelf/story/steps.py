"""One event, or a crowd of events alike, told as a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from provenance.coffee import acts, evidence
from provenance.coffee.epcis import time_text
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import Books
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.facts import facts_of
from provenance.shelf.story.names import Names
from provenance.shelf.story.phrases import crowd_phrase, form_of, noun, phrase
from provenance.shelf.story.sentences import Named, Sentence, Signed, Words, sentence
from provenance.shelf.story.values import EventRef, Evidence, Reply, Step, Telling, Weight

NOT_SIGNED = _("what is stored is not what was signed")
MARKS = {"confirm": "✓", "contest": "≠"}


@dataclass
class Teller:
    """``faults``: what is wrong with stored bytes, by event id. ``replies``: confirmations and contests, by what
    they answer."""

    books: Books
    names: Names
    faults: Mapping[str, str]
    replies: Mapping[str, Sequence[Telling]] = field(default_factory=dict)

    def step(self, group: Sequence[Telling]) -> Step:
        return self._crowd(group) if len(group) > 1 else self._one(group[0])

    def _one(self, telling: Telling) -> Step:
        statement = telling.statement
        if statement is None:
            return self._broken(telling)
        act = statement.body
        at, said_at = when(act)
        # A grading that somebody read in a file was not at the signer's own site, and nobody says where.
        site = None if isinstance(act, acts.Grade) and act.declared_from else getattr(act, "site", None)
        inputs, outputs = self._lines(act)
        return Step(
            kind=telling.act,
            sentence=phrase(act, statement.iss, self.names),
            at=at,
            until=None,
            said_at=said_at,
            place=self.names.place(site),
            events=(self._ref(telling),),
            evidence=self._evidence(telling.event_id),
            signed_with=self._key(statement),
            inputs=inputs,
            outputs=outputs,
            facts=facts_of(act, telling.opened),
            withheld=tuple(words.FIELDS[name] for name in statement.withheld if name not in telling.opened),
            remarks=tuple(self._remarks(telling.event_id)),
            replies=self._replies([telling]),
            taken_back=self._taken_back(telling.event_id),
            fault=self.faults.get(telling.event_id),
        )

    def _broken(self, telling: Telling) -> Step:
        what = noun(telling.act)
        return Step(
            kind=telling.act,
            sentence=sentence(_("A step that cannot be read any more ({statement})"), statement=what),
            at=None,
            until=None,
            said_at=None,
            place=(),
            events=(self._ref(telling),),
            evidence=_nobody(NOT_SIGNED),
            signed_with="",
            fault=self.faults[telling.event_id],
        )

    def _crowd(self, group: Sequence[Telling]) -> Step:
        statements = [telling.statement for telling in group if telling.statement]
        times = sorted(at for statement in statements if (at := when(statement.body)[0]))
        sites = {site for statement in statements if (site := getattr(statement.body, "site", None))}
        mass_mg = sum(_mass(statement.body) for statement in statements)
        found = [self._evidence(telling.event_id) for telling in group]
        order = [grade.code for grade in evidence.Grade]
        opened = {name for telling in group for name in telling.opened}
        withheld = dict.fromkeys(name for statement in statements for name in statement.withheld if name not in opened)
        return Step(
            kind=statements[0].body.name,
            sentence=crowd_phrase(statements, mass_mg, self.names),
            at=times[0],
            until=times[-1],
            said_at=None,
            place=self.names.place(sites.pop() if len(sites) == 1 else None),
            events=tuple(self._ref(telling) for telling in group),
            evidence=max(found, key=lambda each: order.index(each.code)),
            signed_with=self._key(statements[0]) if len({s.kid for s in statements}) == 1 else self._keys(statements),
            withheld=tuple(words.FIELDS[name] for name in withheld),
            replies=self._replies(group),
        )

    def _replies(self, group: Sequence[Telling]) -> tuple[Reply, ...]:
        answers = [answer for telling in group for answer in self.replies.get(telling.event_id, ())]
        standing = self._standing
        return tuple(self.reply(answer, stands=answer.event_id in standing) for answer in answers)

    @cached_property
    def _standing(self) -> frozenset[str]:
        return evidence.standing_replies(self.books)

    def reply(self, telling: Telling, *, stands: bool) -> Reply:
        """A confirmation or a contest, with what was added in the signer's own words."""
        statement = telling.statement
        said = telling.opened.get("words")
        own = Named(said.value, said.digest) if said else None
        told = phrase(statement.body, statement.iss, self.names)
        return Reply(telling.act, MARKS[telling.act], self._ref(telling), told, own, stands)

    def _ref(self, telling: Telling) -> EventRef:
        act = telling.statement.body if telling.statement else None
        at, said_at = when(act) if act else (telling.recorded_at, "")
        mass_mg = _mass(act) if act else 0
        summary = words.weight(mass_mg) if mass_mg else ""
        return EventRef(
            telling.event_id, telling.leaf.hex(), telling.index, said_at or "", at or telling.recorded_at, summary
        )

    def _evidence(self, event_id: str) -> Evidence:
        if event_id in self.faults:
            return _nobody(NOT_SIGNED)
        if event_id in self.books.void:
            return _nobody(sentence(_("it has no effect: {why}"), why=self.books.void[event_id]))
        found = evidence.grade(self.books, event_id)
        if both := words.BOTH_BUT.get(found.reason):
            return Evidence(found.grade.code, found.grade.mark, both, "")
        one_word = (found.grade, found.reason) == (evidence.Grade.ONE_SIDE, evidence.Reason.NONE)
        if one_word and self.books.events[event_id].act in evidence.OWN_WORK:
            return Evidence(found.grade.code, found.grade.mark, words.OWN_WORK, "")
        why = words.WHY.get(found.reason, "")
        return Evidence(found.grade.code, found.grade.mark, words.GRADES[found.grade], why)

    def _key(self, statement: Statement) -> str:
        key = self.books.keys.get(statement.kid)
        if key is None:
            return _("signed with a key that is not registered")
        if key.custody == "device":
            return _("signed with a key that only their own device holds")
        return _("signed with a key that the operator of this site holds for them")

    def _keys(self, statements: Sequence[Statement]) -> Words:
        own = sum(1 for s in statements if (key := self.books.keys.get(s.kid)) and key.custody == "device")
        if own == len(statements):
            return _("each signed with a key that only their own device holds")
        if not own:
            return _("each signed with a key that the operator of this site holds for them")
        message = ngettext_lazy(
            "{number} of {all} signed on their own device, the others with a key the operator holds",
            "{number} of {all} signed on their own device, the others with a key the operator holds",
            own,
        )
        return sentence(message, number=words.number(own), all=words.number(len(statements)))

    def _taken_back(self, event_id: str) -> Sentence | None:
        fact = self.books.events.get(event_id)
        if fact is None or not fact.corrected_by:
            return None
        declared = self.books.events[fact.corrected_by].payload["errorDeclaration"]
        reason = declared["reason"] if isinstance(declared, dict) else ""
        why = words.CORRECTED.get(str(reason), _("it was wrong"))
        return sentence(_("Taken back by its signer: {why}."), why=why)

    def _remarks(self, event_id: str) -> list[Sentence]:
        flags = self.books.flags.get(event_id, ())
        at_receipt = flags and self.books.events[event_id].act == "receive"
        said = words.FLAGS | words.FLAGS_OF_RECEIPTS if at_receipt else words.FLAGS
        return [sentence(said[flag.kind.value], kg=words.weight(flag.mass_mg)) for flag in flags]

    def _lines(self, act: acts.Act) -> tuple[tuple[Weight, ...], tuple[Weight, ...]]:
        """What went in and what came out, lot by lot; a movement only has what it carried."""
        match act:
            case acts.Process(inputs=inputs, outputs=outputs):
                return self._weights(inputs), self._weights(outputs)
            case acts.Pack(inputs=inputs, output=output):
                # A pack is signed as a number of bags: their weight together is our sum, not a figure of theirs.
                return self._weights(inputs), self._weights([output], signed=False)
            case acts.Split(input=line, outputs=outputs):
                return self._weights([line]), self._weights(outputs)
            case acts.Receive(lines=lines, into=into) if into:
                return self._weights(lines), self._weights([into])
            case acts.Harvest(output=output):
                return (), self._weights([output])
            case acts.Dispatch(lines=lines) | acts.Receive(lines=lines) | acts.Refuse(lines=lines):
                return self._weights(lines), ()
            case acts.TransferTitle(lines=lines):
                return self._weights(lines), ()
            case acts.Sample(line=line):
                return self._weights([line]), ()
        return (), ()

    def _weights(self, lines: Sequence[acts.LotMass | acts.NewLot], *, signed: bool = True) -> tuple[Weight, ...]:
        return tuple(
            Weight(
                exact(line.mass_mg) if signed else words.weight(line.mass_mg),
                words.FORMS.get(form_of(line, self.books) or "", _("coffee")),
                Signed(line.lot, lot_code_of(line.lot)),
            )
            for line in lines
        )


def exact(mass_mg: int) -> Sentence:
    """To the last digit, as it was signed."""
    said = words.said_kg(mass_mg)
    return sentence(_("{figure} kg"), figure=Signed(said, words.figure(said)))


def when(act: acts.Act) -> tuple[datetime | None, str | None]:
    at = act.declared_at if isinstance(act, acts.Correct) else getattr(act, "at", None)
    return at, time_text(at) if at else None


def _mass(act: acts.Act) -> int:
    if isinstance(act, acts.Harvest):
        return act.output.mass_mg
    return sum(line.mass_mg for line in getattr(act, "lines", None) or getattr(act, "outputs", ()))


def _nobody(why: Words) -> Evidence:
    return Evidence(evidence.Grade.NOBODY.code, evidence.Grade.NOBODY.mark, words.GRADES[evidence.Grade.NOBODY], why)
