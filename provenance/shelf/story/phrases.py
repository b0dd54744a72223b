"""What each act says, as a sentence."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from provenance.coffee import acts
from provenance.coffee.ledger import Books
from provenance.coffee.statement import Statement
from provenance.shelf.story import words
from provenance.shelf.story.names import Names
from provenance.shelf.story.sentences import Named, Sentence, Words, sentence


def phrase(act: acts.Act, signer: str, names: Names) -> Sentence:
    """One act of ``signer`` as a sentence."""
    who, party = names.party(signer), names.party
    match act:
        case acts.Harvest(output=output):
            return sentence(_("{who} picked {coffee}"), who=who, coffee=coffee([output], names.books))
        case acts.Dispatch(lines=lines, to_party=to_party):
            sent = coffee(lines, names.books)
            return sentence(_("{who} sent {coffee} to {other}"), who=who, coffee=sent, other=party(to_party))
        case acts.Receive(lines=lines, from_party=str(from_party)):
            taken = coffee(lines, names.books)
            return sentence(_("{who} took in {coffee} from {other}"), who=who, coffee=taken, other=party(from_party))
        case acts.Receive(lines=lines):
            return sentence(_("{who} took in {coffee}"), who=who, coffee=coffee(lines, names.books))
        case acts.Refuse(lines=lines, reason=reason):
            refused = coffee(lines, names.books)
            why = words.REASONS[reason]
            return sentence(_("{who} refused {coffee}: {reason}"), who=who, coffee=refused, reason=why)
        case acts.TransferTitle(lines=lines, to_party=to_party):
            given = coffee(lines, names.books)
            return sentence(_("{who} made over {coffee} to {other}"), who=who, coffee=given, other=party(to_party))
        case acts.Close(receipts=number, mass_mg=mass_mg):
            message = ngettext_lazy(
                "{who} sealed the day’s lot: {number} delivery, {weight}",
                "{who} sealed the day’s lot: {number} deliveries, {weight}",
                number,
            )
            return sentence(message, who=who, number=words.number(number), weight=words.weight(mass_mg))
        case acts.Process(step=step):
            return sentence(words.STEPS[step], who=who)
        case acts.Split(outputs=outputs):
            number = words.number(len(outputs))
            return sentence(_("{who} divided the lot into {number}"), who=who, number=number)
        case acts.Pack(count=count, net_mg=net_mg):
            message = ngettext_lazy(
                "{who} packed {number} bag of {weight}", "{who} packed {number} bags of {weight}", count
            )
            return sentence(message, who=who, number=words.number(count), weight=words.weight(net_mg))
        case acts.Sample(line=line):
            return sentence(_("{who} took a sample of {weight}"), who=who, weight=words.weight(line.mass_mg))
    return _of_words(act, who) or sentence(_("{who} said: {act}"), who=who, act=noun(act.name))


def _of_words(act: acts.Act, who: Named) -> Sentence | None:
    """What is said of coffee that stays where it is."""
    match act:
        case acts.Grade(protocol=protocol, declared_from=acts.FileRow()):
            message = _("{who} declared, from a file, that the coffee was examined ({protocol})")
            return sentence(message, who=who, protocol=protocol)
        case acts.Grade(protocol=protocol):
            return sentence(_("{who} examined the coffee ({protocol})"), who=who, protocol=protocol)
        case acts.AttachDocument(kind=kind, scheme=str(scheme)):
            message = _("{who} attached {document}: {scheme}")
            return sentence(message, who=who, document=words.DOCUMENTS[kind], scheme=scheme)
        case acts.AttachDocument(kind=kind):
            return sentence(_("{who} attached {document}"), who=who, document=words.DOCUMENTS[kind])
        case acts.Recall(reason=reason):
            return sentence(_("{who} recalled it: {reason}"), who=who, reason=words.REASONS[reason])
        case acts.LiftRecall():
            return sentence(_("{who} lifted a recall"), who=who)
        case acts.Correct(original_act=original_act):
            return sentence(_("{who} took back {statement}"), who=who, statement=noun(original_act))
        case acts.Pay(kind=kind, mass_mg=mass_mg, form=form):
            paid = sentence(_("{weight} of {form}"), weight=words.weight(mass_mg), form=words.FORMS[form])
            message = _("{who} paid {payment} for {coffee}")
            return sentence(message, who=who, payment=words.PAYMENTS[kind], coffee=paid)
        case acts.Certify(scheme=scheme):
            return sentence(_("{who} certified: {scheme}"), who=who, scheme=scheme)
        case acts.Withdraw():
            return sentence(_("{who} withdrew a certificate"), who=who)
        case acts.Confirm():
            return sentence(_("{who} confirms this"), who=who)
        case acts.Contest(reason=reason):
            return sentence(_("{who} contests this: {reason}"), who=who, reason=words.CONTESTED[reason])
    return None


def crowd_phrase(statements: Sequence[Statement], mass_mg: int, names: Names) -> Sentence:
    """Many acts of one kind as one sentence; ``mass_mg`` is what they come to."""
    first = statements[0].body
    total = words.weight(mass_mg)
    signers = {statement.iss for statement in statements}
    match first:
        case acts.Harvest(output=output):
            growers = {getattr(statement.body, "owner", None) or statement.iss for statement in statements}
            picked = sentence(_("{weight} of {form}"), weight=total, form=words.FORMS[output.form])
            return sentence(_("{who} picked {coffee}"), who=people(growers, names), coffee=picked)
        case acts.Dispatch(to_party=to_party):
            who, other = people(signers, names), names.party(to_party)
            return sentence(_("{who} sent {coffee} to {other}"), who=who, coffee=total, other=other)
        case acts.Process(step=step):
            done = sentence(words.STEPS[step], who=people(signers, names))
            return sentence(_("{done}: {weight}"), done=done, weight=total)
        case acts.Pay(kind=kind):
            paid = len({delivery for statement in statements for delivery in statement.body.deliveries})
            message = ngettext_lazy(
                "{who} paid {payment} for {number} delivery", "{who} paid {payment} for {number} deliveries", paid
            )
            number, payment = words.number(paid), words.PAYMENTS[kind]
            return sentence(message, who=names.party(statements[0].iss), payment=payment, number=number)
    message = ngettext_lazy(
        "{who} took in {number} delivery, {weight} together",
        "{who} took in {number} deliveries, {weight} together",
        len(statements),
    )
    number = words.number(len(statements))
    return sentence(message, who=names.party(statements[0].iss), number=number, weight=total)


def people(uris: set[str], names: Names) -> Words:
    """Who did it: by name where it was one, else how many they were."""
    if len(uris) == 1:
        return names.party(next(iter(uris)))
    farmers = all("farmer" in fact.roles for uri in uris if (fact := names.books.parties.get(uri)))
    message = (
        ngettext_lazy("{number} farmer", "{number} farmers", len(uris))
        if farmers
        else ngettext_lazy("{number} supplier", "{number} suppliers", len(uris))
    )
    return sentence(message, number=words.number(len(uris)))


def coffee(lines: Sequence[acts.LotMass | acts.NewLot], books: Books) -> Sentence:
    """``84.5 kg of cherry``"""
    forms = {form for line in lines if (form := form_of(line, books))}
    form = words.FORMS[forms.pop()] if len(forms) == 1 else _("coffee")
    return sentence(_("{weight} of {form}"), weight=words.weight(sum(line.mass_mg for line in lines)), form=form)


def form_of(line: acts.LotMass | acts.NewLot, books: Books) -> acts.Form | None:
    if isinstance(line, acts.NewLot):
        return line.form
    fact = books.lots.get(line.lot)
    return fact.form if fact else None


def noun(act: str) -> str:
    """A statement of this kind as a thing: "a receipt"."""
    return words.NOUNS.get(act, act.replace("_", " "))
