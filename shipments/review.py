"""
An act in the words of its signer: what is read before signing, and afterwards on the trail.

Made from the act itself, so the page before signing shows what will be signed and nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from provenance.coffee import steps
from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Attributes,
    Certify,
    Close,
    Confirm,
    Contest,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    Form,
    Grade,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Pay,
    Process,
    Recall,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
    Withdraw,
)
from provenance.coffee.identifiers import lot_code_of
from shipments import words
from shipments.services.desk import Desk
from shipments.services.ending import reach_of


@dataclass(frozen=True)
class Row:
    what: str
    mass_mg: int
    note: str = ""
    unexplained: bool = False

    @property
    def kg(self) -> str:
        return words.kg(self.mass_mg)


@dataclass(frozen=True)
class Table:
    title: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> str:
        return words.kg(sum(row.mass_mg for row in self.rows))


@dataclass(frozen=True)
class Yield:
    """What came out for what went in, beside what is usual."""

    percent: str
    usual: str
    verdict: str
    is_usual: bool


@dataclass(frozen=True)
class Review:
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    found_yield: Yield | None = None
    warnings: tuple[str, ...] = field(default=())


VERDICTS = {
    "usual": "as usual for this step",
    "below": "less than usual for this step",
    "above": "more than usual for this step",
    "impossible": "more than this step can give: the surplus will be shown as of unknown origin",
}


def review_of(act: Act, desk: Desk) -> Review:
    return Review(title_of(act), tuple(facts_of(act, desk)), tuple(tables_of(act)), yield_of(act))


def before_signing(act: Act, desk: Desk) -> Review:
    """The same, with what the signer should know first."""
    shown = review_of(act, desk)
    return Review(shown.title, shown.facts, shown.tables, shown.found_yield, tuple(warnings_of(act, desk)))


def title_of(act: Act) -> str:
    if isinstance(act, Process):
        return words.STEPS[act.step].capitalize()
    return words.act_name(act)


def facts_of(act: Act, desk: Desk) -> Iterable[tuple[str, str]]:
    if at := getattr(act, "at", None):
        yield "When", clock(at)
    if site := getattr(act, "site", None):
        yield "Where", desk.name(site)
    for name, label in (("from_party", "From"), ("to_party", "To"), ("owner", "Owner"), ("custodian", "Held by")):
        if party := getattr(act, name, None):
            yield label, desk.name(party)
    if word := getattr(act, "reason", ""):
        yield "Reason", words.reason(word)
    if bags := getattr(act, "bags", None):
        yield "Bags", f"{bags:,}"
    yield from _facts_of_its_own(act, desk)


def _facts_of_its_own(act: Act, desk: Desk) -> Iterable[tuple[str, str]]:
    match act:
        case Dispatch() | Receive():
            yield "Ownership", "passes with receipt" if act.title else "stays where it was"
            if isinstance(act, Receive) and act.moisture_permille is not None:
                yield "Moisture", words.result("moisture_permille", act.moisture_permille)
        case Close():
            yield "Day-lot", lot_code_of(act.lot)
            yield "Deliveries in it", f"{act.receipts:,}"
            yield "Together", words.kg(act.mass_mg)
        case Pack():
            yield "Bags", f"{act.count:,} of {words.kg(act.net_mg)}"
            if act.gtin:
                yield "GTIN", act.gtin
        case Grade():
            yield "Lot", lot_code_of(act.lot)
            yield "Protocol", act.protocol
            for name, number in act.results:
                yield words.result_name(name), words.result(name, number)
            if act.conformant is not None:
                yield "Meets the grade", "yes" if act.conformant else "no"
        case Sample():
            yield "Becomes", f"sample lot {lot_code_of(act.into)}" if act.into else "used up"
        case AttachDocument():
            yield "Document", words.document(act.kind)
            yield "Lots", ", ".join(lot_code_of(lot) for lot in act.lots)
            if act.scheme:
                yield "Scheme", act.scheme
            if act.valid_from or act.valid_to:
                yield "Valid", f"{day(act.valid_from)} to {day(act.valid_to)}"
            if act.sha256:
                yield "Fingerprint (SHA-256)", act.sha256
        case Pay():
            yield "What", words.payment(act.kind)
            yield "For", f"{words.kg(act.mass_mg)} of {words.FORMS.get(act.form, act.form)}"
            yield "Deliveries", f"{len(act.deliveries):,}"
            yield "More to come", "no, this is the last" if act.final else "perhaps"
        case Certify():
            yield from certified(act, desk)
            yield "Scheme", act.scheme
            yield "Chain model", words.CHAINS[act.chain]
            yield "Valid", f"{day(act.valid_from)} to {day(act.valid_to)}"
        case Withdraw():
            yield from certified(act, desk)
            yield "Holds no longer from", day(act.since)
        case Recall() | LiftRecall() | Confirm() | Contest():
            yield "Lots", ", ".join(lot_code_of(lot) for lot in act.lots)
        case Correct():
            yield "Takes back", f"{words.ACTS[act.original_act]} of {act.original.get('eventTime', '')}"
            yield "Noticed", clock(act.declared_at)
            yield "Said again", "yes, as above" if act.corrected_by else "no"


def certified(act: Certify | Withdraw, desk: Desk) -> Iterable[tuple[str, str]]:
    """What a certificate is about, unless that is a place: this is told already."""
    if act.lots:
        yield "Lots", ", ".join(lot_code_of(lot) for lot in act.lots)
    if act.party:
        yield "Who", desk.name(act.party)


def tables_of(act: Act) -> Iterable[Table]:
    match act:
        case Receive():
            if act.taken:
                yield masses("Sent", act.taken)
            yield masses("Weighed here", act.lines, act.begins)
            if act.into:
                yield made("Poured into the day-lot", (act.into,))
            yield from differences(act)
        case Process():
            yield masses("Goes in", act.inputs)
            yield made("Comes out", act.outputs)
            yield from differences(act)
        case Pack():
            yield masses("Goes in", act.inputs)
            yield made("Packed", (act.output,))
            yield from differences(act)
        case Split():
            yield masses("Split", (act.input,))
            yield made("Into", act.outputs)
        case Sample():
            yield masses("Taken out", (act.line,))
        case Dispatch():
            yield masses("Sent", act.lines)
        case Refuse():
            yield masses("Sent back", act.lines)
        case TransferTitle():
            yield masses("Changes its owner", act.lines)
        case Sell():
            yield masses("Sold", act.lines)
        case Dispose():
            yield masses("Gone", act.lines)


def masses(title: str, lines: Sequence[LotMass], begins: Sequence[NewLot] = ()) -> Table:
    notes = {lot.lot: f"begins here: {said(lot.form, lot.attributes)}" for lot in begins}
    return Table(title, tuple(Row(lot_code_of(line.lot), line.mass_mg, notes.get(line.lot, "")) for line in lines))


def made(title: str, lots: Sequence[NewLot]) -> Table:
    rows = (Row(lot_code_of(lot.lot), lot.mass_mg, said(lot.form, lot.attributes)) for lot in lots)
    return Table(title, tuple(rows))


def differences(act: Receive | Process | Pack) -> Iterable[Table]:
    for title, lines in (("Lost", act.losses), ("Gained", act.gains)):
        if lines:
            yield Table(title, tuple(difference(line) for line in lines))


def difference(line: Difference) -> Row:
    unexplained = line.kind is LossKind.UNEXPLAINED
    return Row(words.LOSSES[line.kind], line.mass_mg, words.BASES[line.basis], unexplained)


def said(form: Form, attributes: Attributes) -> str:
    parts = [
        words.FORMS[form],
        attributes.process,
        " ".join(attributes.variety),
        attributes.grade and f"grade {attributes.grade}",
        attributes.roast_degree and f"{attributes.roast_degree} roast",
        attributes.best_before and f"best before {day(attributes.best_before)}",
    ]
    return ", ".join(part for part in parts if part)


def yield_of(act: Act) -> Yield | None:
    match act:
        case Process():
            step, inputs, outputs = act.step, act.inputs, act.outputs
        case Pack():
            step, inputs, outputs = "pack", act.inputs, (act.output,)
        case _:
            return None
    in_mg = sum(line.mass_mg for line in inputs)
    out_mg = steps.STEPS[step].product_mg(outputs)
    low, high = steps.STEPS[step].usual
    verdict = steps.outcome(step, in_mg, out_mg)
    return Yield(
        words.percent(out_mg, in_mg), f"{low / 10:g} to {high / 10:g} %", VERDICTS[verdict], verdict == "usual"
    )


def taken_from_stock(act: Act) -> tuple[LotMass, ...]:
    match act:
        case Process() | Pack():
            return act.inputs
        case Split():
            return (act.input,)
        case Sample():
            return (act.line,)
        case Dispatch() | Sell() | Dispose():
            return act.lines
    return ()


def warnings_of(act: Act, desk: Desk) -> Iterable[str]:
    for line in taken_from_stock(act):
        short_mg = line.mass_mg - desk.held_mg(line.lot, act.site)  # type: ignore[attr-defined]
        if short_mg > 0:
            yield (
                f"The books hold {words.kg(short_mg)} less of {lot_code_of(line.lot)} here. You may sign all the same: "
                "it is shown as a shortfall until somebody records where it came from."
            )
    if isinstance(act, Recall | LiftRecall):
        yield reach_in_words(act.lots, desk)
    if isinstance(act, Pack):
        yield f"{act.count:,} codes are drawn when you sign. Codes that are not on a bag are never published."


def reach_in_words(lots: Sequence[str], desk: Desk) -> str:
    """How far a recall goes. Others' lots are counted, not named: what they made is their business."""
    reach = reach_of(lots)
    ours = {lot.uri for lot in desk.lots}
    named = [lot_code_of(lot) for lot in reach.lots if lot in ours]
    others = len(reach.lots) - len(named)
    theirs = f", and {counted(others, 'lot')} that others made of them" if others else ""
    return (
        f"This reaches {counted(len(reach.lots), 'lot')}: {', '.join(named)}{theirs}. "
        f"{words.kg(reach.mass_mg)} of it are still somewhere, "
        f"and {counted(reach.bags, 'bag')} with a code were filled."
    )


def counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"


def clock(at: datetime) -> str:
    return f"{at:%d %B %Y, %H:%M} (UTC{offset(at)})"


def offset(at: datetime) -> str:
    text = f"{at:%z}"
    return f"{text[:3]}:{text[3:5]}"


def day(value: date | None) -> str:
    return f"{value:%d %B %Y}" if value else "…"
