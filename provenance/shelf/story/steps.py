"""One event, or a crowd of events alike, told as a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from provenance.coffee import acts, evidence
from provenance.coffee.epcis import time_text
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.ledger import Books
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.facts import differences_of, facts_of
from provenance.shelf.story.names import Names
from provenance.shelf.story.values import EventRef, Evidence, Named, Step, Telling, Weight


@dataclass
class Teller:
    """``faults``: what is wrong with stored bytes, by event id."""

    books: Books
    names: Names
    faults: Mapping[str, str]

    def step(self, group: Sequence[Telling]) -> Step:
        return self._crowd(group) if len(group) > 1 else self._one(group[0])

    # --- one event ---------------------------------------------------------------------------------------------------

    def _one(self, telling: Telling) -> Step:
        statement = telling.statement
        if statement is None:
            return self._broken(telling)
        act = statement.body
        before, other, after = self._phrase(act)
        at, said_at = _when(act)
        # A grading that somebody read in a file was not at the signer's own site, and nobody says where.
        site = None if isinstance(act, acts.Grade) and act.declared_from else getattr(act, "site", None)
        inputs, outputs = self._lines(act)
        return Step(
            kind=telling.act,
            who=self.names.party(statement.iss),
            before=before,
            other=other,
            after=after,
            at=at,
            until=None,
            said_at=said_at,
            place=self.names.site(site),
            village=self.names.village(site),
            country=self.names.country(site),
            events=(self._ref(telling, words.listed([each.text for each in (outputs or inputs)])),),
            evidence=self._evidence(telling.event_id),
            signed_with=self._key(statement),
            inputs=inputs,
            outputs=outputs,
            differences=differences_of(act),
            facts=facts_of(act, telling.opened),
            withheld=tuple(words.FIELDS[name] for name in statement.withheld if name not in telling.opened),
            remarks=tuple(self._remarks(telling.event_id)),
            taken_back=self._taken_back(telling.event_id),
            fault=self.faults.get(telling.event_id),
        )

    def _broken(self, telling: Telling) -> Step:
        return Step(
            kind=telling.act,
            who=Named("A step"),
            before=f"that cannot be read any more ({words.ACTS.get(telling.act, telling.act.replace('_', ' '))})",
            other=None,
            after="",
            at=None,
            until=None,
            said_at=None,
            place=None,
            village=None,
            country="",
            events=(self._ref(telling, ""),),
            evidence=_nobody("what is stored is not what was signed"),
            signed_with="",
            fault=self.faults[telling.event_id],
        )

    def _ref(self, telling: Telling, summary: str) -> EventRef:
        at, said_at = _when(telling.statement.body) if telling.statement else (telling.recorded_at, "")
        return EventRef(
            telling.event_id, telling.leaf.hex(), telling.index, said_at or "", at or telling.recorded_at, summary
        )

    def _evidence(self, event_id: str) -> Evidence:
        if event_id in self.faults:
            return _nobody("what is stored is not what was signed")
        if event_id in self.books.void:
            return _nobody(f"it has no effect: {self.books.void[event_id]}")
        found = evidence.grade(self.books, event_id)
        if both := words.BOTH_BUT.get(found.reason):
            return Evidence(found.grade.code, found.grade.mark, both, "")
        return Evidence(found.grade.code, found.grade.mark, found.grade.words, found.reason.value)

    def _key(self, statement: Statement) -> str:
        key = self.books.keys.get(statement.kid)
        if key is None:
            return "signed with a key that is not registered"
        if key.custody == "device":
            return "signed with a key that only their own device holds"
        return "signed with a key that the operator of this site holds for them"

    def _taken_back(self, event_id: str) -> str | None:
        fact = self.books.events.get(event_id)
        if fact is None or not fact.corrected_by:
            return None
        declared = self.books.events[fact.corrected_by].payload["errorDeclaration"]
        reason = declared["reason"] if isinstance(declared, dict) else ""
        return f"Taken back by its signer: {words.CORRECTED.get(str(reason), 'it was wrong')}."

    def _remarks(self, event_id: str) -> list[str]:
        flags = self.books.flags.get(event_id, ())
        return [words.FLAGS[flag.kind.value].format(kg=words.weight(flag.mass_mg)) for flag in flags]

    # --- what each act says ------------------------------------------------------------------------------------------

    def _phrase(self, act: acts.Act) -> tuple[str, Named | None, str]:
        """What stands after the actor's name: words, the other party, more words."""
        match act:
            case acts.Harvest(output=output):
                return f"picked {_amount([output], output.form)}", None, ""
            case acts.Dispatch(lines=lines, to_party=to_party):
                return f"sent {self._amount(lines)} to", self.names.party(to_party), ""
            case acts.Receive(lines=lines, from_party=from_party):
                what = f"took in {self._amount(lines)}"
                return (f"{what} from", self.names.party(from_party), "") if from_party else (what, None, "")
            case acts.Refuse(lines=lines, reason=reason):
                return f"refused {self._amount(lines)} because of {words.REASONS[reason]}", None, ""
            case acts.TransferTitle(lines=lines, to_party=to_party):
                return f"made over {self._amount(lines)} to", self.names.party(to_party), ""
            case acts.Close(receipts=receipts, mass_mg=mass_mg):
                many = words.count(receipts, "delivery", "deliveries")
                return f"sealed the day’s lot: {many}, {words.weight(mass_mg)}", None, ""
            case acts.Process(step=step):
                return words.STEPS[step], None, ""
            case acts.Split(outputs=outputs):
                return f"divided the lot into {len(outputs)}", None, ""
            case acts.Pack(count=number, net_mg=net_mg):
                return f"packed {words.count(number, 'bag')} of {words.weight(net_mg)}", None, ""
            case acts.Grade(protocol=protocol, declared_from=acts.FileRow()):
                return f"declared, from a file, that the coffee was examined ({protocol})", None, ""
            case acts.Grade(protocol=protocol):
                return f"examined the coffee ({protocol})", None, ""
            case acts.Sample(line=line):
                return f"took a sample of {words.weight(line.mass_mg)}", None, ""
            case acts.AttachDocument(kind=kind, scheme=scheme):
                return f"attached {words.DOCUMENTS[kind]}{f': {scheme}' if scheme else ''}", None, ""
            case acts.Recall(reason=reason):
                return f"recalled it because of {words.REASONS[reason]}", None, ""
            case acts.LiftRecall():
                return "lifted a recall", None, ""
            case acts.Correct(original_act=original_act):
                return f"took back {words.ACTS[original_act]}", None, ""
        return act.name.replace("_", " "), None, ""

    def _amount(self, lines: Sequence[acts.LotMass]) -> str:
        forms = {fact.form for line in lines if (fact := self.books.lots.get(line.lot)) and fact.form}
        return _amount(lines, forms.pop() if len(forms) == 1 else None)

    def _lines(self, act: acts.Act) -> tuple[tuple[Weight, ...], tuple[Weight, ...]]:
        """What went in and what came out, lot by lot; a movement only has what it carried."""
        match act:
            case acts.Process(inputs=inputs, outputs=outputs):
                return self._weights(inputs), self._weights(outputs)
            case acts.Pack(inputs=inputs, output=output):
                # A pack is signed as a number of bags: their weight together is our sum, not a figure of theirs.
                return self._weights(inputs), tuple(replace(bags, said=None) for bags in self._weights([output]))
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

    def _weights(self, lines: Sequence[acts.LotMass | acts.NewLot]) -> tuple[Weight, ...]:
        return tuple(
            Weight(
                words.exact(line.mass_mg),
                self._form(line),
                lot_code_of(line.lot),
                line.lot,
                words.said_kg(line.mass_mg),
            )
            for line in lines
        )

    def _form(self, line: acts.LotMass | acts.NewLot) -> str:
        if isinstance(line, acts.NewLot):
            return words.FORMS[line.form]
        fact = self.books.lots.get(line.lot)
        return words.FORMS[fact.form] if fact and fact.form else "coffee"

    # --- many events -------------------------------------------------------------------------------------------------

    def _crowd(self, group: Sequence[Telling]) -> Step:
        statements = [telling.statement for telling in group if telling.statement]
        first = statements[0].body
        times = sorted(at for statement in statements if (at := _when(statement.body)[0]))
        sites = {site for statement in statements if (site := getattr(statement.body, "site", None))}
        mass_mg = sum(_mass(statement.body) for statement in statements)
        who, before, other, after = self._crowd_phrase(statements, mass_mg)
        site = sites.pop() if len(sites) == 1 else None
        found = [self._evidence(telling.event_id) for telling in group]
        order = [grade.code for grade in evidence.Grade]
        weakest = max(found, key=lambda each: order.index(each.code))
        return Step(
            kind=first.name,
            who=who,
            before=before,
            other=other,
            after=after,
            at=times[0],
            until=times[-1],
            said_at=None,
            place=self.names.site(site),
            village=self.names.village(site),
            country=self.names.country(site),
            events=tuple(self._ref(telling, words.weight(_mass(telling.statement.body))) for telling in group),
            evidence=weakest,
            signed_with=self._key(statements[0]) if len({s.kid for s in statements}) == 1 else self._keys(statements),
            withheld=tuple(
                dict.fromkeys(
                    words.FIELDS[name]
                    for telling, statement in zip(group, statements, strict=True)
                    for name in statement.withheld
                    if name not in telling.opened
                )
            ),
        )

    def _crowd_phrase(self, statements: Sequence[Statement], mass_mg: int) -> tuple[Named, str, Named | None, str]:
        first = statements[0].body
        total = words.weight(mass_mg)
        signers = {statement.iss for statement in statements}
        match first:
            case acts.Harvest(output=output):
                growers = {statement.body.owner or statement.iss for statement in statements}
                who = self._farmers(growers)
                return who, f"picked {total} of {words.FORMS[output.form]}", None, ""
            case acts.Dispatch(to_party=to_party):
                return self._farmers(signers), f"sent {total} to", self.names.party(to_party), ""
            case acts.Process(step=step):
                return self._farmers(signers), f"{words.STEPS[step]}: {total}", None, ""
        taken = words.count(len(statements), "delivery", "deliveries")
        return self.names.party(statements[0].iss), f"took in {taken}, {total} together", None, ""

    def _farmers(self, uris: set[str]) -> Named:
        if len(uris) == 1:
            return self.names.party(next(iter(uris)))
        farmers = all("farmer" in fact.roles for uri in uris if (fact := self.books.parties.get(uri)))
        return Named(words.count(len(uris), "farmer" if farmers else "supplier"))

    def _keys(self, statements: Sequence[Statement]) -> str:
        own = sum(1 for s in statements if (key := self.books.keys.get(s.kid)) and key.custody == "device")
        if own == len(statements):
            return "each signed with a key that only their own device holds"
        if own:
            return f"{own} of {len(statements)} signed on their own device, the others with a key the operator holds"
        return "each signed with a key that the operator of this site holds for them"


def _when(act: acts.Act) -> tuple[datetime | None, str | None]:
    at = act.declared_at if isinstance(act, acts.Correct) else getattr(act, "at", None)
    return at, time_text(at) if at else None


def _amount(lines: Sequence[acts.LotMass | acts.NewLot], form: acts.Form | None) -> str:
    total = words.weight(sum(line.mass_mg for line in lines))
    return f"{total} of {words.FORMS[form]}" if form else f"{total} of coffee"


def _mass(act: acts.Act) -> int:
    if isinstance(act, acts.Harvest):
        return act.output.mass_mg
    return sum(line.mass_mg for line in getattr(act, "lines", None) or getattr(act, "outputs", ()))


def _nobody(why: str) -> Evidence:
    return Evidence(evidence.Grade.NOBODY.code, evidence.Grade.NOBODY.mark, evidence.Grade.NOBODY.words, why)
