"""What the growers got for their coffee, so far as somebody says it openly."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.acts import Form
from provenance.coffee.evidence import contests, is_disputed
from provenance.coffee.ledger import Books
from provenance.coffee.steps import STEPS
from provenance.shelf.story import words
from provenance.shelf.story.phrases import form_of
from provenance.shelf.story.sentences import Named, Sentence, Words, sentence
from provenance.shelf.story.values import Earned, Telling

# The steps from what a grower sells to roasted coffee.
TO_ROASTED = {
    Form.CHERRY: ("cherry_to_green", "roast"),
    Form.DRIED_CHERRY: ("hull_natural", "roast"),
    Form.WET_PARCHMENT: ("dry_parchment", "hull_washed", "roast"),
    Form.DRY_PARCHMENT: ("hull_washed", "roast"),
    Form.GREEN_UNGRADED: ("sort_green", "roast"),
    Form.GREEN: ("roast",),
}
MOST_SHOWN = 3
# What a payment says in so many words can be added up; anything else is shown as it stands.
AMOUNT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) ([A-Z]{3})")
TAKEN = frozenset({"deduction", "loan_repayment"})


def earned(books: Books, journey: Sequence[Telling], *, of_a_part: bool) -> Earned:
    """From the growers' own sales, and what was paid for these; what traders pay each other is no answer here."""
    standing = [telling for telling in journey if _stands(books, telling)]
    sales = {telling.event_id: telling for telling in standing if _is_growers_sale(books, telling)}
    payments = [telling for telling in standing if _covers(telling) & sales.keys()]
    shown = {
        one.value: Named(one.value, one.digest)
        for sale in sales.values()
        if (one := sale.opened.get("price")) is not None
    }
    prices = [*shown.values(), *_paid([paid for paid in payments if "amount" in paid.opened], sales)]
    asked = [*((sale, "price") for sale in sales.values()), *((paid, "amount") for paid in payments)]
    withheld = any(name in telling.statement.withheld and name not in telling.opened for telling, name in asked)
    forms = {form for sale in sales.values() for form in _sold(books, sale)}
    return Earned(
        prices=tuple(prices[:MOST_SHOWN]),
        withheld=withheld,
        so_far=not (payments and all(telling.statement.body.final for telling in payments)),
        factor=factor(forms.pop()) if prices and len(forms) == 1 else None,
        of_a_part=of_a_part and bool(prices),
    )


def _stands(books: Books, telling: Telling) -> bool:
    """Neither taken back, nor without effect, nor signed with a key in doubt; a payment not denied by who was paid."""
    fact = books.events.get(telling.event_id)
    if fact is None or fact.corrected_by or telling.event_id in books.void or is_disputed(books, fact):
        return False
    paid = {party for sale in fact.covers if sale in books.events for party in books.events[sale].parties}
    return not any(reply.iss in paid for reply in contests(books, telling.event_id)) if fact.covers else True


def _paid(payments: Sequence[Telling], sales: Mapping[str, Telling]) -> list[Words]:
    """What was paid a kilogram, in each currency and form, premiums among it; what cannot be added up, word by word."""
    totals: dict[tuple[str, Form], Decimal] = defaultdict(Decimal)
    premiums: dict[tuple[str, Form], Decimal] = defaultdict(Decimal)
    covered: dict[tuple[str, Form], list[acts.Pay]] = defaultdict(list)
    told: list[Words] = []
    for telling in payments:
        body, amount = telling.statement.body, telling.opened["amount"]
        match = AMOUNT.fullmatch(amount.value)
        if match is None:
            message = _("{amount}, {payment} for {weight} of {form}")
            value, payment = Named(amount.value, amount.digest), words.PAYMENTS[body.kind]
            weight, form = words.weight(body.mass_mg), words.FORMS[body.form]
            told.append(sentence(message, amount=value, payment=payment, weight=weight, form=form))
            continue
        sold = (match[2], body.form)
        totals[sold] += -Decimal(match[1]) if body.kind in TAKEN else Decimal(match[1])
        premiums[sold] += Decimal(match[1]) if body.kind == "premium" else 0
        covered[sold].append(body)
    # More taken off than is shown as paid: the rest of it is withheld, and part of a price is none.
    prices = [
        _a_kilogram(sold, totals[sold], premiums[sold], _mass_mg(covered[sold], sales))
        for sold in totals
        if totals[sold] > 0
    ]
    return prices + told


def _mass_mg(payments: Sequence[acts.Pay], sales: Mapping[str, Telling]) -> int:
    """Of the deliveries paid for, each once and as the scale said; as the buyer says where some are of other coffee."""
    paid_for = {delivery for body in payments for delivery in body.deliveries}
    if paid_for <= sales.keys():
        lines = (line for one in paid_for for line in sales[one].statement.body.lines)
        return sum(line.mass_mg for line in lines)
    return sum({frozenset(body.deliveries): body.mass_mg for body in payments}.values())


def _a_kilogram(sold: tuple[str, Form], total: Decimal, premium: Decimal, mass_mg: int) -> Words:
    currency, form = sold
    kilograms = Decimal(mass_mg) / acts.MG_PER_KG
    message = (
        _("{amount} {currency} a kg of {form}, {premium} {currency} of it a premium")
        if premium
        else _("{amount} {currency} a kg of {form}")
    )
    amount, extra = (words.money(each / kilograms) for each in (total, premium))
    return sentence(message, amount=amount, currency=currency, form=words.FORMS[form], premium=extra)


def factor(form: Form) -> Sentence | None:
    """How much of a form makes a kilogram of roasted coffee, by the middle of each step's usual yield."""
    if form not in TO_ROASTED:
        return None
    kilograms = 1 / roasted_from(form)
    figure = words.number(kilograms, 0 if kilograms >= 3 else 1)
    message = _("about {figure} kg of {form} make 1 kg roasted")
    return sentence(message, figure=figure, form=words.FORMS[form])


def roasted_from(form: Form) -> Decimal:
    """Kilograms of roasted coffee that a kilogram of a form gives. Raises KeyError for what growers do not sell."""
    share = Decimal(1)
    for step in TO_ROASTED[form]:
        share *= Decimal(sum(STEPS[step].usual)) / 2000
    return share


def _is_growers_sale(books: Books, telling: Telling) -> bool:
    if telling.statement is None:
        return False
    match telling.statement.body:
        case acts.Receive(from_party=str(giver)):
            return _grows(books, giver)
        case acts.Dispatch() | acts.TransferTitle() | acts.Sell():
            return _grows(books, telling.statement.iss)
    return False


def _grows(books: Books, party: str) -> bool:
    fact = books.parties.get(party)
    return fact is not None and "farmer" in fact.roles


def _covers(telling: Telling) -> set[str]:
    body = telling.statement.body if telling.statement else None
    return set(body.deliveries) if isinstance(body, acts.Pay) else set()


def _sold(books: Books, sale: Telling) -> set[Form]:
    lines: Sequence[acts.LotMass] = getattr(sale.statement.body, "lines", ())
    return {form for line in lines if (form := form_of(line, books))}


@dataclass(frozen=True)
class Yield:
    """What a step leaves of 100 kg: usually from ``low`` to ``high``."""

    step: Words
    low: int
    high: int
    source: str


def yields() -> list[Yield]:
    """The steps behind the factors, and where their yields are known from."""
    names = dict.fromkeys(name for chain in TO_ROASTED.values() for name in chain)
    return [
        Yield(words.WORKS[name], STEPS[name].usual[0] // 10, STEPS[name].usual[1] // 10, STEPS[name].source)
        for name in names
    ]
