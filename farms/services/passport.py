"""
A grower's plots as a file of the grower's own: GeoJSON as the EU's system wants it, each plot with what was signed.

Any buyer can import it. Who wants to be sure takes ``Signed`` of a plot, an SD-JWT with its disclosures (RFC 9901): the
geometry of the feature is the disclosed ``plot``, digit by digit, and the signature is over its digest.
"""

import json
from decimal import Decimal

from farms.services.business import Business
from provenance.coffee.plots import M2_PER_HECTARE
from provenance.trail.models import Plot
from provenance.trail.services.queries import AUDITORS, disclosures_of


def passport_of(business: Business) -> str:
    """A FeatureCollection. A plot that was taken back, or whose land was erased, is not in it."""
    plots = Plot.objects.filter(site__party__uri=business.party, event__correction=None)
    rows = list(plots.select_related("event").order_by("event"))
    shown = disclosures_of([row.event for row in rows], [AUDITORS])
    features = []
    for row in rows:
        disclosures = shown.get(row.event_id, [])
        values = {one.name: one.value for one in disclosures}
        if "plot" in values:
            signed = "~".join([bytes(row.event.statement).decode(), *(one.text for one in disclosures), ""])
            features.append(_feature(row, business.own_name, values.get("name", ""), values["plot"], signed))
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}\n'


def _feature(row: Plot, producer: str, name: str, geometry: str, signed: str) -> str:
    """``geometry`` is put in as the text that was sealed: read and written again, it could lose zeros at its end."""
    area = json.dumps(float(Decimal(row.area_m2) / M2_PER_HECTARE))
    properties = json.dumps(
        {"ProducerName": producer, "ProducerCountry": row.country, "ProductionPlace": name}, ensure_ascii=False
    )
    more = f'"Area":{area},"Plot":{json.dumps(row.uri)},"Signed":{json.dumps(signed)}'
    return f'{{"type":"Feature","properties":{properties[:-1]},{more}}},"geometry":{geometry}}}'
