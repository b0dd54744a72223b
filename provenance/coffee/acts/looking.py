"""Somebody looks at coffee, or ties a paper to it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act, FileRow, LotMass


@dataclass(frozen=True, kw_only=True)
class Grade(Act):
    """What an inspection found. ``results``: closed names to integers (score_centi, moisture_permille, defects ...)."""

    name: ClassVar[str] = "grade"
    at: datetime
    site: str
    lot: str
    protocol: str
    results: tuple[tuple[str, int], ...]
    conformant: bool | None = None
    declared_from: FileRow | None = None


@dataclass(frozen=True, kw_only=True)
class Sample(Act):
    """Takes a sample out of a lot: a lot of its own where ``into`` names it, else used up."""

    name: ClassVar[str] = "sample"
    at: datetime
    site: str
    line: LotMass
    into: str | None = None
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class AttachDocument(Act):
    """
    A certificate, contract, DDS … bound by digest to lots, or to a site.

    Without a digest: a photograph whose own, the withheld field ``photo``, can be erased.
    """

    name: ClassVar[str] = "attach_document"
    at: datetime
    site: str | None
    lots: tuple[str, ...]
    kind: str  # certificate, contract, dds, ico_certificate, cupping_report, photo, invoice, other
    media_type: str
    sha256: str | None = None
    scheme: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
