"""
Makes ``outlines.json`` from Natural Earth's countries at 1:50 million: those that grow coffee for sale.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m provenance.coffee.plots.countries.make_outlines package/countries-50m.json

world-atlas 2.0.2 (ISC) repackages Natural Earth 4.1.0 as TopoJSON.
Natural Earth is in the public domain: https://www.naturalearthdata.com/about/terms-of-use/
"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from shapely import Polygon

from provenance.coffee.plots.countries.topojson import Arc, centidegrees, joined

SOURCE = "Natural Earth 4.1.0, countries 1:50m, by way of world-atlas 2.0.2"
LICENCE = "public domain"
# ISO 3166-1: the number that the atlas knows a country by, and its two letters.
_NUMBERS = """
024=AO 036=AU 050=BD 072=BW 108=BI 068=BO 076=BR 116=KH 120=CM 140=CF 144=LK 156=CN 170=CO 178=CG 180=CD 188=CR 192=CU
204=BJ 214=DO 218=EC 222=SV 226=GQ 231=ET 242=FJ 266=GA 288=GH 320=GT 324=GN 328=GY 332=HT 340=HN 356=IN 360=ID 384=CI
388=JM 392=JP 404=KE 418=LA 430=LR 450=MG 454=MW 458=MY 480=MU 484=MX 508=MZ 104=MM 524=NP 558=NI 566=NG 591=PA 598=PG
600=PY 604=PE 608=PH 626=TL 630=PR 646=RW 678=ST 682=SA 694=SL 704=VN 716=ZW 728=SS 740=SR 764=TH 768=TG 780=TT 800=UG
834=TZ 840=US 862=VE 882=WS 887=YE 894=ZM 158=TW 548=VU 090=SB 540=NC 174=KM
"""
NUMBERS = dict(pair.split("=") for pair in _NUMBERS.split())
# Thinned by so many hundredths of a degree: far less than what is allowed for at a border.
FLAT = 2.5


def main(path: Path) -> None:
    topology = json.loads(path.read_text())
    arcs = [centidegrees(topology, arc) for arc in topology["arcs"]]
    found = {
        NUMBERS[one["id"]]: [ring for ring in (_steps(joined(arcs, ring)) for ring in _shells(one)) if len(ring) > 3]
        for one in topology["objects"]["countries"]["geometries"]
        if one.get("id") in NUMBERS
    }
    missing = set(NUMBERS.values()) - found.keys()
    if missing:
        raise SystemExit(f"The atlas does not have {', '.join(sorted(missing))}.")
    told = {"source": SOURCE, "licence": LICENCE, "unit": "0.01 degree, each point told from the one before"}
    target = Path(__file__).with_name("outlines.json")
    target.write_text(json.dumps(told | {"countries": dict(sorted(found.items()))}, separators=(",", ":")) + "\n")


def _shells(country: dict[str, Any]) -> list[list[int]]:
    """Outer rings only: what lies in a country's hole is told by the other country's outline."""
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    return [polygon[0] for polygon in polygons]


def _steps(ring: Arc) -> Arc:
    """Thinned, each point told from the one before; an island too small for that is kept as it is."""
    thinned = [(round(x), round(y)) for x, y in Polygon(ring).simplify(FLAT).exterior.coords]
    kept = thinned if len(thinned) > 3 else [ring[0], *(point for before, point in pairwise(ring) if point != before)]
    return [kept[0], *((x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(kept))]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
