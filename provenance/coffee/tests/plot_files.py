"""Files of plots, as phones and spreadsheets write them."""

import io
import json

from openpyxl import Workbook

from provenance.coffee.plots.gate import Verdict, judge
from provenance.coffee.plots.reading import read_plots

# A field of 1.22 hectares in Sidama, with the six decimals that the law asks for.
FIELD = "[[38.205001,6.162001],[38.206001,6.162001],[38.206001,6.163001],[38.205001,6.163001],[38.205001,6.162001]]"


def outline(ring: str, *holes: str, **properties: object) -> str:
    """A feature. ``ring`` is text: its digits count."""
    return _feature("Polygon", f"[{','.join((ring, *holes))}]", properties)


def spot(position: str, **properties: object) -> str:
    return _feature("Point", position, properties)


def _feature(kind: str, coordinates: str, properties: dict[str, object]) -> str:
    geometry = f'{{"type":"{kind}","coordinates":{coordinates}}}'
    return f'{{"type":"Feature","properties":{json.dumps(properties)},"geometry":{geometry}}}'


def collection(*features: str) -> bytes:
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def kml(*placemarks: str) -> bytes:
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(placemarks)}</Document></kml>'.encode()


def placemark(shape: str, name: str = "") -> str:
    return f"<Placemark><name>{name}</name>{shape}</Placemark>"


def workbook(*rows: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def judged(data: bytes, **about: object) -> list[Verdict]:
    return list(judge(read_plots(data).plots, **about))


def refusing(verdict: Verdict) -> str:
    """The rules that refuse it, or "passes"."""
    rules = sorted({finding.rule for finding in verdict.findings if finding.refuses})
    assert bool(rules) == (not verdict.passes)
    return " ".join(rules) or "passes"
