"""
Makes ``outlines.json`` from Natural Earth's countries at 1:110 million.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m provenance.shelf.map.make_outlines package/countries-110m.json

world-atlas 2.0.2 (ISC) repackages Natural Earth 4.1.0 as TopoJSON, with what the 180th meridian cuts sewn together.
Natural Earth is in the public domain: https://www.naturalearthdata.com/about/terms-of-use/
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from provenance.coffee.plots.countries.topojson import Arc, centidegrees, joined

SOURCE = "Natural Earth 4.1.0, countries 1:110m, by way of world-atlas 2.0.2"
LICENCE = "public domain"
ANTARCTICA = "010"  # nobody grows or roasts there; it would fill the foot of every map

SOUTHERNMOST = -65_00
FULL_TURN = 360_00


def main(path: Path) -> None:
    topology = json.loads(path.read_text())
    arcs = [centidegrees(topology, arc) for arc in topology["arcs"]]
    countries = [one for one in topology["objects"]["countries"]["geometries"] if one.get("id") != ANTARCTICA]
    uses = Counter(number if number >= 0 else ~number for each in countries for number in set(_arc_numbers(each)))
    land = topology["objects"]["land"]["geometries"][0]["arcs"]
    rings = [[_unwound(joined(arcs, ring)) for ring in polygon] for polygon in land]
    coasts = [polygon for polygon in rings if min(latitude for _, latitude in polygon[0]) > SOUTHERNMOST]
    # What reaches beyond the 180th meridian is drawn at the other end of the world, too.
    for turn in (FULL_TURN, -FULL_TURN):
        beyond = [polygon for polygon in rings if any(abs(x + turn) < FULL_TURN / 2 for x, _ in polygon[0])]
        coasts += [[[(x + turn, y) for x, y in ring] for ring in polygon] for polygon in beyond if polygon in coasts]
    borders = [arcs[number] for number, times in sorted(uses.items()) if times > 1]
    found = {"source": SOURCE, "licence": LICENCE, "unit": "0.01 degree", "coasts": coasts, "borders": borders}
    target = Path(__file__).with_name("outlines.json")
    target.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _unwound(ring: Arc) -> Arc:
    """A ring that crosses the 180th meridian goes on beyond it, and does not run around the world."""
    xs = [ring[0][0]]
    for x, _ in ring[1:]:
        xs.append(x + FULL_TURN * round((xs[-1] - x) / FULL_TURN))
    return [(x, y) for x, (_, y) in zip(xs, ring, strict=True)]


def _arc_numbers(geometry: dict[str, Any]) -> list[int]:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [number for polygon in polygons for ring in polygon for number in ring]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
