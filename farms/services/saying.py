"""What others say of a grower's coffee, and replies to it, as title, sentence and facts."""

from collections.abc import Callable, Iterable, Mapping

from farms import words
from provenance.coffee.acts import Act, Certify, Close, Confirm, Contest, Grade, Pay, Process, Recall
from provenance.coffee.identifiers import lot_code_of

Said = tuple[str, str, list[tuple[str, str]]]


def say(act: Act, who: str, name: Callable[[str], str], withheld: Mapping[str, str]) -> Said | None:
    """None for acts that are told elsewhere. ``withheld``: what the reader may see of it."""
    match act:
        case Confirm():
            return "Confirmed", f"{who} says: this is right.", _own_words(withheld)
        case Contest(reason=reason):
            facts = [("What is wrong", words.CONTESTED_FOR[reason]), *_own_words(withheld)]
            return "Contested", f"{who} says: this is not right.", facts
        case Pay():
            return _payment(act, who, name, withheld)
        case Certify():
            facts = [
                ("Scheme", act.scheme),
                ("Holds", f"{words.date_of(act.valid_from)} to {words.date_of(act.valid_to)}"),
                ("Lots", _codes(act.lots) or "all of the place or party"),
            ]
            return "Certificate", f"{who} certifies this coffee: {act.scheme}.", facts
        case Grade(lot=lot, protocol=protocol):
            facts = [("Lot", lot_code_of(lot)), ("How", protocol), ("When", words.when(act.at))]
            return "Grading", f"{who} graded your lot {lot_code_of(lot)}, {words.when(act.at)}.", facts
        case Recall(lots=lots):
            return "Recall", f"{who} calls this coffee back.", [("Lots", _codes(lots)), ("When", words.when(act.at))]
        case Close(lot=lot):
            return "Day-lot closed", f"{who} closed the day-lot {lot_code_of(lot)}.", [("When", words.when(act.at))]
        case Process():
            facts = [
                ("Went in", _codes(line.lot for line in act.inputs)),
                ("Came out", _codes(made.lot for made in act.outputs)),
                ("When", words.when(act.at)),
            ]
            return "Step", f"{who} worked on coffee that was yours, {words.when(act.at)}.", facts
    return None


def _payment(act: Pay, who: str, name: Callable[[str], str], withheld: Mapping[str, str]) -> Said:
    amount, payee = withheld.get("amount", "an amount that is withheld"), withheld.get("payee")
    kind = words.PAYMENTS[act.kind]
    facts = [
        ("Paid", amount),
        ("Kind", kind),
        ("For", f"{words.kg(act.mass_mg)} of {words.form(act.form)}"),
        ("When", words.when(act.at)),
        ("More to come", "no, this was the last" if act.final else "perhaps"),
    ]
    if payee:
        facts.insert(1, ("To", name(payee)))
    whom = f" to {name(payee)}" if payee else ""
    sentence = f"{who} says: paid {amount}{whom} ({kind}) for {words.kg(act.mass_mg)} of {words.form(act.form)}."
    return "Payment", sentence, facts


def _own_words(withheld: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("In your own words", withheld["words"])] if withheld.get("words") else []


def _codes(lots: Iterable[str]) -> str:
    return ", ".join(lot_code_of(lot) for lot in lots)
