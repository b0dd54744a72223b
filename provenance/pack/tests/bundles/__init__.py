"""
Makes ``provenance/pack/tests/testdata/bundles``: bundles named after their damage, and what a verifier has to find.

``python -m provenance.pack.tests.bundles`` writes them anew; keys and times are fixed, so they are the same.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from provenance.pack.tests.bundles.cases import Expected, cases
from provenance.pack.tests.bundles.world import Case, written

FOLDER = Path(__file__).resolve().parent.parent / "testdata" / "bundles"
MANIFEST = "manifest.json"


def made() -> Iterator[tuple[str, Expected, Case]]:
    """Name, what is to be found, and the case with all its members."""
    usual = {"memory": None, "tiles": {}, "live": False, "now": 0}
    for name, expected, make in cases():
        case = make()
        yield name, expected, {**usual, **case, "bundle": written(case["bundle"])}


def files() -> dict[str, str]:
    """The folder's files by name, as they are before they are compressed."""
    texts, listed = {}, []
    for name, expected, case in made():
        file = f"{name.replace(' ', '-')}.json.gz"
        texts[file] = json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n"
        listed.append({"file": file, "name": name, **expected._asdict()})
    rows = ",\n".join(json.dumps(row) for row in listed)
    return {**texts, MANIFEST: f'{{"v":3,"cases":[\n{rows}\n]}}\n'}
