"""
Does the paper say what the record says? Answered to whoever has the code, without a name.

The figures of the paper are asked for and compared here, so a link that lies in a browser's history, or that a
messenger opens for a preview, shows no weight; and what was paid is compared and never shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from farms import words
from farms.models import Receipt
from farms.services.receipts.taken_in import TakenIn, taken_in
from farms.services.replying import REPLIES
from provenance.coffee.acts import Contest, Correct
from provenance.coffee.check_code import check_code_of
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Subject
from provenance.trail.services.queries import event_of
from provenance.trail.services.standing import Standing, Standings

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class Answer(StrEnum):
    MATCHES = "matches"
    DIFFERS = "differs"
    NOT_ARRIVED = "not arrived"


@dataclass(frozen=True)
class Record:
    """What stands behind a code, without a name. ``said_again_mg``: what replaced it, where it was taken back."""

    mass_mg: int
    form: str
    at: datetime
    standing: Standing
    place: int | None
    taken_back: bool
    said_again_mg: int | None
    contested: bool


@dataclass(frozen=True)
class Verdict:
    """``money``: None where none was asked about, else whether it is the price or what was paid at some time."""

    answer: Answer
    weight: bool = False
    money: bool | None = None
    several: bool = False
    record: Record | None = None


def check(code: str, mass_mg: int, money: Decimal | None = None) -> Verdict:
    """
    Of a paper that bears the code: ``mass_mg`` as it says, to the gram, and ``money``, where it names any.

    A receipt that was taken back differs from every paper. So do two receipts of one code: nobody finds two by chance.
    """
    found = [row.event for row in _rows(code)]
    if not found:
        return Verdict(Answer.NOT_ARRIVED)
    if len(found) > 1:
        return Verdict(Answer.DIFFERS, several=True)
    [event] = found
    said = taken_in(event)
    record = _record(event, said)
    weight = words.kg(said.mass_mg) == words.kg(mass_mg)
    paid = None if money is None else money in set(_figures(said))
    matches = weight and paid is not False and not record.taken_back
    return Verdict(Answer.MATCHES if matches else Answer.DIFFERS, weight, paid, record=record)


def _rows(code: str) -> list[Receipt]:
    """Those whose signed words give this code: the row only helps to find them."""
    rows = Receipt.objects.filter(code=code).select_related("event__leaf", "event__log", "event__correction__event")
    return [row for row in rows if check_code_of(parse(bytes(row.event.statement))) == code]


def _record(event: Event, said: TakenIn) -> Record:
    return Record(
        mass_mg=said.mass_mg,
        form=said.form,
        at=said.at,
        standing=Standings().of(event),
        place=event.index,
        taken_back=said.taken_back,
        said_again_mg=_said_again(event) if said.taken_back else None,
        contested=_contested(event),
    )


def _figures(said: TakenIn) -> Iterator[Decimal]:
    """Every amount that a paper may have named: the price, and what had been paid after each payment."""
    yield from (Decimal(number) for number in _NUMBER.findall(said.price.replace(",", ".")))
    so_far: dict[str, Decimal] = {}
    for payment in said.payments:
        if payment.amount and not payment.kept_back:
            currency = payment.amount.currency
            so_far[currency] = so_far.get(currency, Decimal(0)) + payment.amount.number
            yield so_far[currency]


def _said_again(event: Event) -> int | None:
    act = parse(bytes(event.correction.event.statement)).body
    again = event_of(act.corrected_by[0]) if isinstance(act, Correct) and act.corrected_by else None
    lines = getattr(parse(bytes(again.statement)).body, "lines", ()) if again else ()
    return sum(line.mass_mg for line in lines) or None


def _contested(event: Event) -> bool:
    """Whether the last word of anybody whom it concerns is no."""
    about = Subject.objects.filter(kind="event", uri=event.event_id).values("event")
    last: dict[str, bool] = {}
    for reply in Event.objects.filter(pk__in=about, act__in=REPLIES, correction=None).order_by("pk"):
        statement = parse(bytes(reply.statement))
        last[statement.iss] = isinstance(statement.body, Contest)
    return any(last.values())
