"""Farms and plots."""

from decimal import Decimal

from django.conf import settings

from farms.services.business import Farm
from farms.services.plans import Plan, Refused, draft
from provenance.coffee import identifiers, plots
from provenance.coffee.acts import RegisterPlot, RegisterSite
from provenance.coffee.plots import M2_PER_HECTARE, Boundary
from provenance.trail.services.queries import AUDITORS

MAX_AREA_HA = 100_000
# A disclosure holds 64 KiB, its envelope and the escapes of the quotation marks among them.
MAX_BOUNDARY_BYTES = 60_000
# Regulation (EU) 2023/1115, article 2 (28): above four hectares a point is not enough.
POINT_UP_TO_M2 = 40_000


def register_farm(*, party: str, name: str, place: str, country: str, point: Boundary | None, audience: str) -> Plan:
    """``audience`` may read name and place; of the point only a blurred one is kept."""
    act = RegisterSite(
        site=identifiers.site_uri(settings.TRAIL_HOST, identifiers.new_id()),
        party=party,
        kind="farm",
        country=country,
        geo=plots.blur(plots.centre(point)) if point else None,
    )
    doubts = point.doubts if point else ()
    return Plan(party, (draft(act, audience, {"name": name, "place": place}),), doubts).check()


def register_plot(*, party: str, farm: Farm, name: str, boundary: Boundary, area_ha: Decimal | None) -> Plan:
    """
    A point with its area, or a polygon, which has one. The exact land is sealed for auditors.

    Raises Refused (fields ``area``, ``boundary``) and BadPlot.
    """
    text = boundary.text()
    if len(text) > MAX_BOUNDARY_BYTES:
        raise Refused("The line has too many corners to be sealed. Simplify it to some hundreds.", field="boundary")
    area_m2 = _area_m2(boundary, area_ha)
    act = RegisterPlot(
        plot=identifiers.plot_uri(settings.TRAIL_HOST, identifiers.new_id()),
        site=farm.uri,
        country=farm.country,
        area_m2=area_m2,
        geo=plots.blur(plots.centre(boundary)),
    )
    doubts = list(boundary.doubts)
    if boundary.is_point and area_m2 > POINT_UP_TO_M2:
        doubts.append("Above 4 hectares, buyers in the European Union need the outline of the plot, not only a point.")
    return Plan(party, (draft(act, AUDITORS, {"plot": text, "name": name}),), tuple(doubts)).check()


def _area_m2(boundary: Boundary, area_ha: Decimal | None) -> int:
    if not boundary.is_point:
        measured_m2 = plots.area_m2(boundary)
        if area_ha is not None:
            raise Refused(
                f"The outline itself measures {Decimal(measured_m2) / M2_PER_HECTARE:.2f} hectares. "
                "Leave this empty, or mend the outline.",
                field="area",
            )
        return _some(measured_m2, "boundary")
    if area_ha is None:
        raise Refused("A point has no area. How large is the plot, in hectares?", field="area")
    return _some(int((area_ha * M2_PER_HECTARE).to_integral_value()), "area")


def _some(area_m2: int, field: str) -> int:
    if not 0 < area_m2 <= MAX_AREA_HA * M2_PER_HECTARE:
        raise Refused("A plot measures at least one square metre and at most 100,000 hectares.", field=field)
    return area_m2
