"""A file of plots at a grower's own farm: judged by the EU gate, and what passes is planned to be registered."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from farms import words
from farms.services.business import Business, Farm
from farms.services.land import register_plot
from farms.services.plans import Plan, Refused
from farms.services.sketching import Sketch, sketch
from provenance.coffee.plots import BadPlot, blur, parse_geojson
from provenance.coffee.plots.findings import Finding
from provenance.coffee.plots.gate import Verdict, judge
from provenance.coffee.plots.overlaps import Neighbour
from provenance.coffee.plots.reading import read_plots
from provenance.coffee.plots.typed import TypedPlot
from provenance.coffee.strict_json import MalformedJson, check_text
from provenance.trail.models import Plot, Site
from provenance.trail.services.queries import AUDITORS, disclosures_of

# What a phone sends, and a person reads before signing. Lists of thousands are no work for one page.
MAX_BYTES = 512 * 1024
MAX_PLOTS = 50
MAX_NEIGHBOURS = 500
MAX_NAME = 100
LOOKS_A_DAY = 60
A_DAY_S = 24 * 60 * 60

TENTHS = (-0.1, 0.0, 0.1)


@dataclass(frozen=True)
class Judged:
    """One plot of the file; ``plan`` is None where something has to be mended first."""

    verdict: Verdict
    plan: Plan | None
    findings: tuple[Finding, ...]
    sketch: Sketch | None

    @property
    def title(self) -> str:
        return self.verdict.plot.name or self.verdict.plot.where

    @property
    def corners(self) -> int:
        """The first position stands again at the end."""
        return len(self.verdict.plot.rings[0]) - 1

    @property
    def area_m2(self) -> int | None:
        return self.plan.drafts[0].act.area_m2 if self.plan else None


def judge_file(business: Business, farm: Farm, data: bytes) -> tuple[Judged, ...]:
    """Each plot of the file, in its order. Raises BadPlot where the file as a whole cannot be taken."""
    if len(data) > MAX_BYTES:
        raise BadPlot("The file is larger than 512 KiB. Send it in parts, with fewer plots in each.", field="file")
    owner = _owner(farm)
    if _looked_too_often(owner):
        raise BadPlot("Many files were sent for this grower today. Go on tomorrow.", field="file")
    plots = read_plots(data).plots
    if len(plots) > MAX_PLOTS:
        raise BadPlot(f"The file holds {len(plots):,} plots. Send at most {MAX_PLOTS} at once.", field="file")
    near = neighbours_of(owner, plots)
    verdicts = judge(plots, country=farm.country, neighbours=near, called=words.country)
    return tuple(_planned(business, farm, verdict) for verdict in verdicts)


def register_plots(party: str, judged: Iterable[Judged]) -> Plan:
    """Everything that passes, in one signature: all of it or nothing. Raises Refused where nothing does."""
    plans = [each.plan for each in judged if each.plan]
    if not plans:
        raise Refused("No plot of this file can be registered yet.", field="file")
    return Plan(party, tuple(draft for plan in plans for draft in plan.drafts))


def neighbours_of(owner: str, plots: Iterable[TypedPlot]) -> list[Neighbour]:
    """
    Land that is registered near these plots. The sealed outlines are read here and never shown to the grower.

    Near is the same tenth of a degree or the one next to it; what was taken back does not count.
    """
    cells = {cell for plot in plots if plot.rings for cell in _cells(plot)}
    rows = Plot.objects.filter(geo__in=cells, event__correction=None).select_related("event", "site__party")
    near = list(rows.order_by("-event")[:MAX_NEIGHBOURS])
    sealed = disclosures_of([row.event for row in near], [AUDITORS])
    found = []
    for row in near:
        values = {one.name: one.value for one in sealed.get(row.event_id, ())}
        try:
            boundary = parse_geojson(values.get("plot", ""))
        except BadPlot:
            # Erased at somebody's wish, or recorded without its outline.
            continue
        own = row.site.party.uri == owner
        found.append(Neighbour(boundary, values.get("name", "a plot of this grower") if own else "", own))
    return found


def _looked_too_often(owner: str) -> bool:
    """
    Each look tells whether land is somebody else's: thousands of them would draw the neighbour's outline.

    Counted by grower, since anybody may register one farm after the other.
    """
    key = "plot-files-" + salted_hmac("files of plots", owner).hexdigest()
    if cache.add(key, 1, A_DAY_S):
        return False
    try:
        return cache.incr(key) > LOOKS_A_DAY
    except ValueError:
        # It ended just now.
        return False


def _owner(farm: Farm) -> str:
    """Whose farm it is: an officer signs for somebody else."""
    return str(Site.objects.values_list("party__uri", flat=True).get(uri=farm.uri))


def _cells(plot: TypedPlot) -> set[str]:
    longitude, latitude = plot.rings[0][0].position
    if abs(longitude) > 180 or abs(latitude) > 90:
        return set()
    return {blur((longitude + east, latitude + north)) for east, north in product(TENTHS, TENTHS)}


def _planned(business: Business, farm: Farm, verdict: Verdict) -> Judged:
    plan, findings = None, verdict.findings
    if verdict.boundary:
        area_ha = verdict.plot.area_ha if verdict.boundary.is_point else None
        try:
            _check_name(verdict.plot.name)
            plan = register_plot(
                party=business.party, farm=farm, name=verdict.plot.name, boundary=verdict.boundary, area_ha=area_ha
            )
        except Refused as error:
            findings = (*findings, _refused(error))
    # What has to be mended comes first.
    findings = tuple(sorted(findings, key=lambda finding: not finding.refuses))
    # A point alone on white paper shows nothing.
    picture = None if verdict.plot.is_point else sketch(verdict.plot, findings)
    return Judged(verdict, plan, findings, picture)


def _check_name(name: str) -> None:
    """What cannot be sealed is said beside its own plot, not of the file."""
    if len(name) > MAX_NAME:
        raise Refused(f"The plot's name is longer than {MAX_NAME} letters. Shorten it.", field="name")
    try:
        check_text(name)
    except MalformedJson as error:
        raise Refused(f"The plot's name cannot be kept. {error}", field="name") from None


def _refused(error: Refused) -> Finding:
    mend = "Write it in hectares, in a column or property called Area." if error.field == "area" else ""
    return Finding(rule="not-recorded", wrong=str(error), mend=mend)
