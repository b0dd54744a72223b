"""Whether a farm's plots can have borne what is said to have been picked there."""

from collections import Counter
from datetime import datetime, timedelta

from farms.services.business import Business, Farm
from farms.words import hectares, kg
from provenance.coffee.acts import Form, Harvest
from provenance.coffee.plots.yields import TIMES_THE_AVERAGE, ceiling_of, share_of_ceiling
from provenance.coffee.statement import parse
from provenance.trail.models import Subject

A_YEAR = timedelta(days=365)


def doubt_of_yield(business: Business, farm: Farm, form: Form, mass_mg: int, at: datetime) -> str | None:
    """
    A sentence for who is about to sign, where this harvest and those of the year before it are more than likely.

    None for a farm without plots: there is nothing to hold it against.
    """
    area_m2 = sum(plot.area_m2 for plot in farm.plots)
    if not area_m2:
        return None
    picked = _picked_before(business, farm, at)
    picked[form] += mass_mg
    if share_of_ceiling(picked, area_m2, farm.country) <= 1:
        return None
    ceiling = ceiling_of(farm.country)
    most = kg(ceiling.mass_mg(area_m2, form))
    return (
        f"With this, {kg(picked.total())} were picked at {farm.name} within a year, from {hectares(area_m2)} of "
        f"registered plots. More than {most} is hard to believe: that is {TIMES_THE_AVERAGE} times what farms in "
        f"{ceiling.region} bear on average. Is the weight right, and is every plot registered?"
    )


def _picked_before(business: Business, farm: Farm, at: datetime) -> Counter[Form]:
    """Milligrams by form, of the year that ends with ``at``."""
    there = Subject.objects.filter(kind="site", uri=farm.uri)
    # Recorded is never before it happened.
    harvests = business.events.filter(
        act=Harvest.name, correction=None, recorded_at__gte=at - A_YEAR, pk__in=there.values("event")
    )
    picked: Counter[Form] = Counter()
    for event in harvests:
        act = parse(bytes(event.statement)).body
        if at - A_YEAR < act.at <= at:
            picked[act.output.form] += act.output.mass_mg
    return picked
