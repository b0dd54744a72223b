"""What the growers got for their coffee, so far as somebody says it openly."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.acts import Form
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


def earned(books: Books, journey: Sequence[Telling], *, of_a_part: bool) -> Earned:
    """From the growers' own sales, and what was paid for these; what traders pay each other is no answer here."""
    sales = {telling.event_id: telling for telling in journey if _is_growers_sale(books, telling)}
    payments = [telling for telling in journey if _covers(telling) & sales.keys()]
    told: dict[str, Words] = {}
    withheld = False
    for telling, name in [*((sale, "price") for sale in sales.values()), *((paid, "amount") for paid in payments)]:
        if shown := telling.opened.get(name):
            told.setdefault(shown.value, _told(telling, Named(shown.value, shown.digest)))
        else:
            withheld |= name in telling.statement.withheld
    prices = tuple(told.values())
    forms = {form for sale in sales.values() for form in _sold(books, sale)}
    settled = bool(payments) and all(telling.statement.body.final for telling in payments)
    return Earned(
        prices=prices[:MOST_SHOWN],
        withheld=withheld and not prices,
        so_far=not settled,
        factor=factor(forms.pop()) if prices and len(forms) == 1 else None,
        of_a_part=of_a_part and bool(prices),
    )


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


def _told(telling: Telling, value: Named) -> Words:
    body = telling.statement.body
    if not isinstance(body, acts.Pay):
        return value
    message = _("{amount}, {payment} for {weight} of {form}")
    weight, form = words.weight(body.mass_mg), words.FORMS[body.form]
    return sentence(message, amount=value, payment=words.PAYMENTS[body.kind], weight=weight, form=form)


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


def yields() -> Mapping[str, tuple[int, int, str]]:
    """The steps behind the factors: usual yield in per cent, and where that is known from."""
    names = dict.fromkeys(name for chain in TO_ROASTED.values() for name in chain)
    return {name: (STEPS[name].usual[0] // 10, STEPS[name].usual[1] // 10, STEPS[name].source) for name in names}
