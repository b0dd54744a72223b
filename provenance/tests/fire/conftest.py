"""The engine of the whole run decides: on SQLite these tests use files, on PostgreSQL a cluster of their own."""

from collections.abc import Iterator

import pytest
from django.db import connection

from provenance.tests.fire.engines import PostgreSQL
from provenance.tests.fire.installation import FOUND, Installation


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgreSQL | None]:
    """A PostgreSQL that waits for the disk, to be killed at will; None where the run is on SQLite."""
    if connection.vendor != "postgresql":
        yield None
        return
    made = PostgreSQL()
    try:
        made.make().start()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def founded(tmp_path_factory, cluster) -> Installation:
    """A log with a farmer. Never changed: tests take copies."""
    url = cluster.create_database("founded") if cluster else ""
    made = Installation(tmp_path_factory.mktemp("founded") / "home", url)
    made.python("-c", FOUND)
    return made


@pytest.fixture
def installation(founded, cluster, tmp_path) -> Iterator[Installation]:
    """A copy of the founded log for one test; what was started is killed at its end."""
    name = f"copy_{abs(hash(tmp_path))}"
    made = founded.copy(tmp_path / "home", cluster, name)
    yield made
    made.kill()
