"""Growers who wash or dry their own coffee: cherry goes in, dry parchment or dried cherry comes out."""

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings

from farms.services.business import Business, Stock
from farms.services.plans import Plan, Refused, Weight, code_of, draft
from farms.words import form as form_word
from farms.words import kg
from provenance.coffee.acts import Attributes, Difference, Form, LossKind, LotMass, NewLot, Process
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.steps import STEPS, outcome
from provenance.trail.models import Lot
from provenance.trail.services.queries import PARTNERS
from provenance.trail.services.rows import attributes_from_json

# The step, what it makes, and what the coffee is called from then on.
WAYS = {
    "wash_and_dry": (Form.DRY_PARCHMENT, "washed"),
    "honey": (Form.DRY_PARCHMENT, "honey"),
    "natural": (Form.DRIED_CHERRY, "natural"),
}


def dry(*, business: Business, event_id: str, stocks: Sequence[Stock], step: str, weight: Weight, at: datetime) -> Plan:
    """
    All of these lots into one new lot. What no scale saw (skin, mucilage, water) is one line, worked out.

    Raises Refused (field ``inputs``) where the lots lie at different places.
    """
    sites = {stock.site for stock in stocks}
    if len(sites) != 1:
        raise Refused("These lie at different farms. Choose lots of one farm.", field="inputs")
    form, process = WAYS[step]
    inputs = tuple(LotMass(lot=stock.lot, mass_mg=stock.mass_mg) for stock in stocks)
    in_mg = sum(line.mass_mg for line in inputs)
    made = NewLot(
        lot=lot_uri(settings.TRAIL_HOST, form, code_of(event_id, at.date())),
        mass_mg=weight.mass_mg,
        form=form,
        attributes=_attributes([stock.lot for stock in stocks], process),
    )
    rest_mg = in_mg - weight.mass_mg
    kind = LossKind.WATER if step == "natural" else LossKind.UNEXPLAINED
    rest = (Difference(kind=kind, mass_mg=abs(rest_mg)),) if rest_mg else ()
    act = Process(
        at=at,
        site=sites.pop(),
        step=step,
        inputs=inputs,
        outputs=(made,),
        losses=rest if rest_mg > 0 else (),
        gains=rest if rest_mg < 0 else (),
    )
    doubts = _doubts(step, in_mg, weight.mass_mg, form)
    return Plan(business.party, (draft(act, PARTNERS, {"entered": weight.entered}),), doubts).check()


def _attributes(lots: Sequence[str], process: str) -> Attributes:
    """What the lots that go in are said to be, together: all their varieties, and the whole time of picking."""
    said = [attributes_from_json(lot.attributes) for lot in Lot.objects.filter(uri__in=lots).order_by("pk")]
    countries = {each.country for each in said}
    starts: list[date] = [each.harvest_start for each in said if each.harvest_start]
    ends: list[date] = [each.harvest_end for each in said if each.harvest_end]
    known = len(starts) == len(ends) == len(said)
    return Attributes(
        country=countries.pop() if len(countries) == 1 else None,
        variety=tuple(dict.fromkeys(variety for each in said for variety in each.variety)),
        process=process,
        harvest_start=min(starts) if known else None,
        harvest_end=max(ends) if known else None,
    )


def _doubts(step: str, in_mg: int, out_mg: int, form: Form) -> tuple[str, ...]:
    found = outcome(step, in_mg, out_mg)
    if found == "usual":
        return ()
    low, high = (in_mg * share // 1000 for share in STEPS[step].usual)
    doubt = f"{kg(in_mg)} usually give {kg(low)} to {kg(high)} of {form_word(form)}. Is {kg(out_mg)} right?"
    if found == "impossible":
        doubt += " So much cannot have come from it: the surplus will show as of unknown origin."
    return (doubt,)
