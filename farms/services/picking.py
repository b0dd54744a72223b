"""Coffee begins, and leaves for the station."""

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings

from farms.services.business import Business, Farm, Station, Stock
from farms.services.plans import Plan, Weight, code_of, draft
from farms.services.plausibility import doubt_of_yield
from farms.words import kg
from provenance.coffee.acts import MG_PER_KG, Attributes, Dispatch, Form, Harvest, LotMass, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.trail.services.queries import PARTNERS

A_LORRY_MG = 20_000 * MG_PER_KG


def harvest(
    *,
    business: Business,
    event_id: str,
    farm: Farm,
    at: datetime,
    form: Form,
    weight: Weight,
    variety: Sequence[str] = (),
    picked: tuple[date | None, date | None] = (None, None),
) -> Plan:
    """A new lot of cherry, or of cherry dried on the tree. What was typed at the scale is kept beside it, sealed."""
    start, end = picked
    attributes = Attributes(
        country=farm.country or None, variety=tuple(variety), harvest_start=start, harvest_end=end or start
    )
    lot = lot_uri(settings.TRAIL_HOST, form, code_of(event_id, at.date()))
    act = Harvest(
        at=at, site=farm.uri, output=NewLot(lot=lot, mass_mg=weight.mass_mg, form=form, attributes=attributes)
    )
    doubts = []
    if weight.mass_mg > A_LORRY_MG:
        doubts.append(f"{kg(weight.mass_mg)} is more than a lorry carries. Are number and unit right?")
    if doubt := doubt_of_yield(business, farm, form, weight.mass_mg, at):
        doubts.append(doubt)
    return Plan(business.party, (draft(act, PARTNERS, {"entered": weight.entered}),), tuple(doubts)).check()


def deliver(
    *, business: Business, stock: Stock, weight: Weight, station: Station, at: datetime, title: bool, bags: int | None
) -> Plan:
    """Send coffee to a station. It is on its way until the station receives or refuses it."""
    act = Dispatch(
        at=at,
        site=stock.site,
        lines=(LotMass(lot=stock.lot, mass_mg=weight.mass_mg),),
        to_party=station.party,
        to_site=station.site,
        title=title,
        bags=bags,
    )
    doubts = []
    if weight.mass_mg > stock.mass_mg:
        doubts.append(
            f"You recorded {kg(stock.mass_mg)} of this lot and send {kg(weight.mass_mg)}. The "
            f"{kg(weight.mass_mg - stock.mass_mg)} more will show as not accounted for. Is a harvest missing?"
        )
    return Plan(business.party, (draft(act, PARTNERS, {"entered": weight.entered}),), tuple(doubts)).check()
