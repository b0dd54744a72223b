"""Writes the table of the law as the module that phones load: ``python -m provenance.shelf.proving.law``."""

import json
import sys
from pathlib import Path

from provenance.pack.bundle.law import LAW, OVERSIGHT

SCRIPT = Path(__file__).resolve().parent.parent / "static" / "shelf" / "law.js"


def script() -> str:
    rows = "".join(f"  {name}: {json.dumps(row)},\n" for name, row in LAW.items())
    return (
        "// Written by `python -m provenance.shelf.proving.law`; provenance/pack/bundle/law.py says more.\n"
        f"export const OVERSIGHT = {json.dumps(OVERSIGHT)};\n"
        f"export const LAW = {{\n{rows}}};\n"
    )


if __name__ == "__main__":
    SCRIPT.write_text(script(), encoding="utf-8")
    sys.stdout.write(f"{SCRIPT}\n")
