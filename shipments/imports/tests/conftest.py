from pathlib import Path

import pytest

from conftest import PARTIES, SITES, member
from provenance.trail.services import registry
from shipments.imports import files
from shipments.imports.tests.lists import csv_of

IMPORTER, WAREHOUSE = PARTIES + "salzgasse", SITES + "salzgasse"


@pytest.fixture
def importer(log):
    """Salzgasse imports green coffee: its URI. It has a key that the server holds, and a warehouse."""
    registry.register_party(
        kind="organisation", roles=["importer"], name="Salzgasse Imports", country="AT", party=IMPORTER
    )
    registry.register_site(party=IMPORTER, kind="warehouse", name="Warehouse", country="AT", site=WAREHOUSE)
    return IMPORTER


@pytest.fixture
def greta(importer, django_user_model):
    """Greta imports."""
    return member(django_user_model, "greta", IMPORTER, "importer", staff=True)


@pytest.fixture
def take(importer):
    """Takes a file in, as the importer; content is bytes, or rows below the usual header."""

    def take_in(*rows, **more):
        content = rows[0] if rows and isinstance(rows[0], bytes) else csv_of(*rows)
        return files.take_in(party=IMPORTER, site=WAREHOUSE, name=more.pop("name", "lots.csv"), content=content, **more)

    return take_in


@pytest.fixture
def bring(take):
    """Takes a file in and imports it."""

    def import_now(*rows, **more):
        file = take(*rows, **more)
        files.import_all(file)
        return file

    return import_now


@pytest.fixture
def cqi(shared: Path) -> bytes:
    """The Coffee Quality Institute's lots, 1,312 records as they were scraped."""
    return (shared / "data/cqi/arabica_ratings_raw_2018.csv").read_bytes()
