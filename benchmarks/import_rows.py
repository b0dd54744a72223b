"""
Importing 1,312 rows of real graded lots, end to end: the command in a process of its own, then publishing.

    python benchmarks/import_rows.py [CSV]

Needs the folder ``shared`` beside the checkout, or the CSV's path.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import fresh_site
from measuring import Row, report

from provenance.trail.models import Checkpoint, Event
from provenance.trail.services import registry
from provenance.trail.services.publishing import publish

CSV = fresh_site.SHARED / "data/cqi/arabica_ratings_raw_2018.csv"


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else CSV
    if not file.is_file():
        sys.exit(f"There is no {file}: give the path of a CSV of graded lots.")
    log = registry.found_log("main", "Benchmark", country="AT")
    party = registry.register_party(kind="organisation", roles=["importer"], name="Salzgasse", country="AT")
    registry.register_site(party=party, kind="warehouse", name="Warehouse", country="AT")
    before = Event.objects.count()

    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", "import_lots", str(file), "--party", party], cwd=fresh_site.ROOT, check=True
    )
    imported = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    publish(log)
    published = time.perf_counter() - began

    made = Event.objects.count() - before
    assert Checkpoint.objects.latest("size").size == Event.objects.count()
    print(f"{made} signed events; {used.ru_utime + used.ru_stime:.1f} s of CPU; published in {published:.2f} s")
    report(
        "Import of a spreadsheet of graded lots, end to end",
        [
            Row("I1", "seconds, import and publishing", imported + published, 30, below=True),
            Row("I2", "peak memory of the import, MB", used.ru_maxrss / 1000, 200, below=True),
        ],
    )


if __name__ == "__main__":
    main()
