"""
The EU gate: what stands between a file of plots and the EU's information system, plot by plot.

It says what is wrong, where, and how to mend it. It repairs nothing, and never cuts a plot to stay below four hectares.
The rules, their sources and what only flags stand in ``docs/plots.md``.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from provenance.coffee.plots.drawing import Boundary
from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.overlaps import Neighbour, find_overlaps
from provenance.coffee.plots.places import judge_place
from provenance.coffee.plots.shapes import MAX_CORNERS, judge_outline, judge_point
from provenance.coffee.plots.typed import TypedPlot


@dataclass(frozen=True)
class Verdict:
    """``boundary``: the land with every digit as typed, where nothing refuses it."""

    plot: TypedPlot
    findings: tuple[Finding, ...]
    boundary: Boundary | None

    @property
    def passes(self) -> bool:
        return self.boundary is not None

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(finding.rule for finding in self.findings)


def judge(
    plots: Sequence[TypedPlot],
    *,
    country: str = "",
    neighbours: Sequence[Neighbour] = (),
    called: Callable[[str], str] = str,
) -> tuple[Verdict, ...]:
    """
    ``country``: of the farm that they are said to belong to. ``neighbours``: land that is registered already.
    ``called``: what a country's code is called in the findings.
    """
    alone = [_judge_alone(plot, country, called) for plot in plots]
    found: dict[int, list[Finding]] = {number: [] for number in range(len(alone))}
    for number, finding in find_overlaps([verdict.boundary for verdict in alone], neighbours):
        # A plot that lies on ten others of somebody else's is told so once.
        if finding not in found[number]:
            found[number].append(finding)
    for number, finding in _names_given_twice(plots):
        found[number].append(finding)
    return tuple(_with(verdict, found[number]) for number, verdict in enumerate(alone))


def _judge_alone(plot: TypedPlot, country: str, called: Callable[[str], str]) -> Verdict:
    findings = list(plot.found)
    if plot.rings:
        findings += judge_place(plot, country, called)
        # Nothing can be drawn of what lies outside of the world.
        if not any(finding.rule == "range" for finding in findings):
            findings += judge_point(plot) if plot.is_point else judge_outline(plot)
    return _with(Verdict(plot, tuple(findings), _boundary(plot)), [])


def _boundary(plot: TypedPlot) -> Boundary | None:
    if not plot.rings or len(plot.rings[0]) > MAX_CORNERS:
        return None
    return Boundary(positions=tuple(spot.position for spot in plot.rings[0]), as_typed=plot.geometry())


def _with(verdict: Verdict, more: Sequence[Finding]) -> Verdict:
    findings = (*verdict.findings, *more)
    refused = any(finding.refuses for finding in findings)
    doubts = tuple(f"{finding.wrong} {finding.mend}" for finding in findings if not finding.refuses)
    boundary = None if refused or verdict.boundary is None else replace(verdict.boundary, doubts=doubts)
    return Verdict(verdict.plot, findings, boundary)


def _names_given_twice(plots: Sequence[TypedPlot]) -> list[tuple[int, Finding]]:
    times = Counter(plot.name for plot in plots if plot.name)
    return [
        (
            number,
            flag(
                "name-twice",
                f"{times[plot.name]} plots of the file are called {plot.name[:60]}.",
                "Give each its own name.",
            ),
        )
        for number, plot in enumerate(plots)
        if times[plot.name] > 1
    ]
