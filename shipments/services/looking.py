"""Somebody looks at coffee: grades it, takes a sample, ties a paper to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from provenance.coffee.acts import AttachDocument, Grade, Sample
from provenance.trail.services.acting import Withheld
from provenance.trail.services.attaching.taking import Taken
from shipments.services.moving import Line, named, other_than
from shipments.services.plans import PARTNERS, Plan, draft, plan


def grade(
    *,
    party: str,
    at: datetime,
    site: str,
    lot: str,
    protocol: str,
    results: Mapping[str, int],
    conformant: bool | None = None,
    note: str = "",
) -> Plan:
    """What an inspection found: closed names to integers (``score_centi``, ``moisture_permille`` …)."""
    act = Grade(at=at, site=site, lot=lot, protocol=protocol, results=tuple(results.items()), conformant=conformant)
    return plan(party, act, note=note)


def sample(
    *,
    party: str,
    at: datetime,
    site: str,
    line: Line,
    into: str | None = None,
    owner: str | None = None,
    note: str = "",
) -> Plan:
    """Take a sample out of a lot: a lot of its own where ``into`` names it, else used up."""
    act = Sample(at=at, site=site, line=line.mass, into=into, owner=other_than(party, owner))
    return plan(party, act, weights=named([line]), note=note)


def attach_document(
    *,
    party: str,
    at: datetime,
    lots: Sequence[str],
    kind: str,
    file: Taken,
    site: str | None = None,
    scheme: str | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    caption: str = "",
    readers: str = PARTNERS,
    note: str = "",
) -> Plan:
    """
    Tie a stored file to lots: a paper by its digest, a photo without naming it in what is signed.

    ``readers`` may see a photo, and ``caption`` under it: "public" or "partners".
    """
    is_photo = kind == "photo"
    files = file.files if is_photo else file.files[-1:]
    act = AttachDocument(
        at=at,
        site=site,
        lots=tuple(lots),
        kind=kind,
        sha256=None if is_photo else files[0].sha256,
        media_type=files[0].media_type,
        scheme=scheme,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    made = draft(act, note=note)
    photo = {"photo": Withheld(file.photo(shows="coffee", caption=caption).text, readers)} if is_photo else {}
    return Plan(party, (replace(made, withheld={**made.withheld, **photo}, files=files),)).check()
