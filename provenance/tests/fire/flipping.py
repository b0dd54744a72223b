"""
Flips bytes of an SQLite file, one at a time, and says how many the trail's check does not see.

    python -m provenance.tests.fire.flipping FLIPS MUTANT

Works on the database of its settings, which nobody else has open. MUTANT is "none" or "pages unchecked". Each flip is
made in the file, judged through a fresh connection and taken back. Prints one line of JSON: how many were found, how
many left every row of the trail as it was, how many changed only what rests on this server's word
(``tampering.BEYOND``), and which changed more and were not seen.
"""

import json
import random
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import django


def contents() -> dict[str, str]:
    """A digest of each table of the trail, and one of what rests on this server's word alone."""
    from django.apps import apps

    from provenance.tests.fire.tampering import NOTES, is_evidence

    found, beyond = {}, sha256()
    for model in apps.get_app_config("trail").get_models():
        if model.__name__ in NOTES:
            continue
        fields = model._meta.concrete_fields
        evidence = [field.attname for field in fields if is_evidence(field)]
        others = [field.attname for field in fields if not is_evidence(field)]
        rows = model._default_manager.order_by("pk")
        found[model.__name__] = sha256(repr(list(rows.values_list(*evidence))).encode()).hexdigest()
        beyond.update(repr(list(rows.values_list(*others))).encode())
    return {**found, "beyond": beyond.hexdigest()}


def judge(before: dict[str, str]) -> str:
    """What became of the trail: "found", "unchanged", "beyond proof" or "silent"."""
    from django.db import connection

    from provenance.trail.services import queries, verifying

    try:
        if verifying.verify_trail(queries.active_log()):
            return "found"
        after = contents()
    except Exception:
        # Whatever it is, the check does not say that the trail is whole.
        return "found"
    finally:
        connection.close()
    if after == before:
        return "unchanged"
    return "beyond proof" if {**after, "beyond": ""} == {**before, "beyond": ""} else "silent"


def main(flips: int, mutant: str) -> None:
    django.setup()
    from django.db import connection

    from provenance.trail.services import verifying

    if mutant == "pages unchecked":
        verifying.check_database = lambda findings: None
    # On small pages there is less room between the rows, so that more flips hit something.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_size = 512")
        cursor.execute("VACUUM")
    path = Path(connection.settings_dict["NAME"])
    before = contents()
    connection.close()
    assert judge(before) == "unchanged", "the trail is not whole to begin with"
    chance = random.Random(307)
    size = path.stat().st_size
    outcomes, silent = Counter(), []
    with open(path, "r+b", buffering=0) as file:
        for _ in range(flips):
            place, bit = chance.randrange(size), 1 << chance.randrange(8)
            file.seek(place)
            was = file.read(1)
            file.seek(place)
            file.write(bytes([was[0] ^ bit]))
            outcome = judge(before)
            outcomes[outcome] += 1
            if outcome == "silent":
                silent.append(f"byte {place}, bit {bit}")
            file.seek(place)
            file.write(was)
    assert judge(before) == "unchanged", "a flip was not taken back"
    print(json.dumps({**outcomes, "places": silent}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
