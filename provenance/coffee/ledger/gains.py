"""
How much coffee may gain without changing: moisture taken up, and scales that differ.

A step that dries, hulls or roasts takes more away than storing can add, and the count begins anew. All steps and
receipts in between together add no more than storing can: else coffee would grow, half a per cent at a time.

A lot's ``gained_ppm`` says what part of its weight was gained, in millionths, and is the most that any event brought:
what was lost, mixed in or corrected since never lowers it, but for the correction of that very event.
"""

from provenance.coffee.ledger.books import LotFact
from provenance.coffee.steps import STEPS

MOST = STEPS["store"].ceiling  # per mille of what there was
PPM = 1_000_000


def most_mg(in_mg: int, grown: int, ceiling: int) -> int:
    """
    The most that can come of an input by a step with this ceiling (per mille).

    ``grown``: what of the input was gained before, in millionths of a milligram.
    """
    ceiling_mg = in_mg * ceiling // 1000
    if ceiling <= 1000:
        return ceiling_mg
    return min(ceiling_mg, max(in_mg, (in_mg * PPM - grown) * max(ceiling, MOST) // (1000 * PPM)))


def ppm_after(in_mg: int, grown: int, out_mg: int) -> int:
    """What part of the outcome was gained, rounded up. What is lost takes its part of the gain with it."""
    if out_mg > in_mg > 0:
        return -(-(grown + (out_mg - in_mg) * PPM) // out_mg)
    return -(-grown // in_mg) if in_mg else 0


def with_gain(fact: LotFact, ppm: int, event: str) -> LotFact:
    """The lot after an event brought coffee of which so much was gained."""
    if ppm > fact.gained_ppm:
        other_ppm = fact.other_gain_ppm if fact.gained_by == event else fact.gained_ppm
        return fact._replace(gained_ppm=ppm, gained_by=event, other_gain_ppm=other_ppm)
    if ppm > fact.other_gain_ppm and fact.gained_by != event:
        return fact._replace(other_gain_ppm=ppm)
    return fact


def without_gain(fact: LotFact, event: str) -> LotFact:
    """The lot after an event was taken back."""
    if fact.gained_by != event:
        return fact
    return fact._replace(gained_ppm=fact.other_gain_ppm, gained_by=None)
