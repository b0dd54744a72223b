import pytest

from provenance.witness.models import WatchedLog
from provenance.witness.services import keys, watching
from provenance.witness.tests.logs import GrowingLog

NAME = "ngo.example/witness"


@pytest.fixture
def grown() -> GrowingLog:
    """A log, not yet watched."""
    return GrowingLog()


@pytest.fixture
def watched(db, grown) -> WatchedLog:
    """A witness that watches the log and has cosigned nothing."""
    keys.create(NAME)
    return watching.watch(grown.origin, grown.keys)


@pytest.fixture
def ask(client):
    """Posts a body to the witness."""

    def post(body: bytes):
        return client.post("/witness/add-checkpoint", body, content_type="text/plain")

    return post
