"""Bytes changed behind the server's back: the pack still comes, and whoever checks it is told which statement it is."""

from io import BytesIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from provenance.audit.services.packing import pack_of, trust_of
from provenance.audit.services.readers import Reader
from provenance.audit.tests.conftest import BAGS
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import verify
from provenance.trail import triggers
from provenance.trail.models import Event, Key

pytestmark = pytest.mark.django_db


@pytest.fixture
def tampered(trail):
    """Changes stored bytes as somebody with the database would: the triggers are dropped first."""
    connection.check_constraints()
    triggers.lift(connection)

    def change(event: Event, tamper) -> Event:
        Event.objects.filter(pk=event.pk).update(statement=tamper(bytes(event.statement)))
        return event

    yield change
    # PostgreSQL alters no table whose deferred checks still wait.
    connection.check_constraints()
    triggers.install(connection)


def flip(at: float):
    def tamper(jws: bytes) -> bytes:
        place = int(len(jws) * at)
        return jws[:place] + (b"A" if jws[place : place + 1] != b"A" else b"B") + jws[place + 1 :]

    return tamper


HARMS = {
    "header": flip(0.01),
    "payload": flip(0.5),
    "signature": flip(0.99),
    "cut": lambda jws: jws[:100],
    "not ASCII": lambda jws: b"\xff" + jws[1:],
    "quotes": lambda jws: b'","x":"' + jws[7:],
    "empty": lambda jws: b"",
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("which", ["harvest", "pack", "key"])
def test_a_tampered_statement_is_named_by_the_packs_verifier(trail, tampered, almaz, harm, which):
    event = Key.objects.get(party=almaz.party).event if which == "key" else getattr(trail, which)
    trust = parse_trust(trust_of(trail.log))
    tampered(event, harm)

    with PackFile(BytesIO(b"".join(pack_of([BAGS], Reader.of(AnonymousUser())).stream()))) as pack:
        faults = verify(pack, trust).faults

    assert event.index in [fault.index for fault in faults]
    assert any("not in the log" in fault.what for fault in faults)
