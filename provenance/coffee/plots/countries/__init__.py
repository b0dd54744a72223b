"""
How far outside a country a position lies: the outlines of Natural Earth at 1:50 million, kept as one file.

An outline at this scale is off by some kilometres, and borders are disputed: who asks allows for that.
"""

import json
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from pathlib import Path

import shapely

from provenance.coffee.plots.measuring import Position

_ALL = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
# ISO 3166-1 alpha-2, as of 2026.
CODES = frozenset(_ALL.split())


def degrees_outside(country: str, positions: Iterable[Position]) -> float | None:
    """Of the position that lies farthest out: 0 where all lie inside. None where the country's outline is not kept."""
    outline = _outline(country)
    if outline is None:
        return None
    return float(max(shapely.distance(outline, shapely.points(list(positions)))))


@cache
def _outline(country: str) -> shapely.Geometry | None:
    rings = _read().get(country)
    if rings is None:
        return None
    # A generalised outline may touch itself; its union does not.
    outline = shapely.union_all([shapely.make_valid(shapely.Polygon(ring)) for ring in rings])
    shapely.prepare(outline)
    return outline


@cache
def _read() -> dict[str, list[list[Position]]]:
    countries = json.loads(Path(__file__).with_name("outlines.json").read_text())["countries"]
    return {code: [_degrees(ring) for ring in rings] for code, rings in countries.items()}


def _degrees(ring: list[list[int]]) -> list[Position]:
    xs, ys = (accumulate(steps) for steps in zip(*ring, strict=True))
    return [(x / 100, y / 100) for x, y in zip(xs, ys, strict=True)]
