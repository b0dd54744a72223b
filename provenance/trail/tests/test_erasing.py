"""A person's data goes for ever, the trail says so, and every proof still holds."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from provenance.coffee.errors import NotAuthorised
from provenance.coffee.statement import parse
from provenance.trail.models import Disclosure, Event, SubjectKey
from provenance.trail.services import erasing
from provenance.trail.services.acting import Withheld
from provenance.trail.services.disclosing import disclosures_of
from provenance.trail.services.erasing import erase, erased_among, erased_names
from provenance.trail.services.logs import active_log
from provenance.trail.services.projecting import rebuild_projections
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import name_of
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, KOFI, PARTY, act

pytestmark = pytest.mark.django_db


@pytest.fixture
def harvest(log):
    return act(ALMAZ, story.harvest(), note=Withheld("my own trees", "public"))


def test_what_is_erased_is_gone_and_said_to_be_and_the_proofs_hold(log, harvest):
    publish(log, index=True)
    digests = {row.digest for row in Disclosure.objects.filter(subject=PARTY + ALMAZ)}
    others = Disclosure.objects.exclude(subject=PARTY + ALMAZ).count()

    (event,) = erase(PARTY + ALMAZ, by=log.operator)

    said = parse(bytes(event.statement))
    assert set(said.body.digests) == digests
    assert b"almaz" not in said.jws
    assert not SubjectKey.objects.filter(party=PARTY + ALMAZ).exists()
    assert Disclosure.objects.count() == others
    assert disclosures_of([harvest], ["public"]) == {}
    assert name_of(PARTY + ALMAZ) != "Almaz"
    assert erased_names([parse(bytes(harvest.statement))]) == {harvest.event_id: frozenset({"note"})}
    publish(log, index=True)
    assert verify_trail(log) == []


def test_erasing_twice_says_it_once(log, harvest):
    assert len(erase(PARTY + ALMAZ, by=log.operator)) == 1
    before = Event.objects.count()
    assert erase(PARTY + ALMAZ, by=log.operator) == []
    assert Event.objects.count() == before


def test_whoever_is_killed_between_saying_and_deleting_goes_on(log, harvest, monkeypatch):
    digests = [row.digest for row in Disclosure.objects.filter(subject=PARTY + ALMAZ)]
    with monkeypatch.context() as killed:
        killed.setattr(erasing, "_destroy", lambda party: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(PARTY + ALMAZ, by=log.operator)
    assert Disclosure.objects.filter(subject=PARTY + ALMAZ).count() == len(digests)

    assert erase(PARTY + ALMAZ, by=log.operator) == []

    assert not Disclosure.objects.filter(subject=PARTY + ALMAZ).exists()
    assert erased_among(digests) == set(digests)


def test_what_is_said_of_erased_values_survives_a_rebuild(log, harvest):
    digest = Disclosure.objects.get(event=harvest).digest
    erase(PARTY + ALMAZ, by=log.operator)
    publish(log)
    rebuild_projections(active_log())
    assert erased_among([digest]) == {digest}


def test_a_stranger_erases_nothing(log, harvest):
    before = (Event.objects.count(), Disclosure.objects.count(), SubjectKey.objects.count())
    with pytest.raises(NotAuthorised, match="guardian who registered"):
        erase(PARTY + ALMAZ, by=PARTY + KOFI)
    assert (Event.objects.count(), Disclosure.objects.count(), SubjectKey.objects.count()) == before


def test_the_command_asks_first_and_knows_whom(log, harvest):
    with pytest.raises(CommandError, match="cannot be undone"):
        call_command("erase", PARTY + ALMAZ)
    with pytest.raises(CommandError, match="There is no party"):
        call_command("erase", PARTY + "nobody", "--yes")
    assert Disclosure.objects.filter(event=harvest).exists()
    out = StringIO()
    call_command("erase", PARTY + ALMAZ, "--yes", stdout=out)
    assert "and the key over them" in out.getvalue()
    assert not Disclosure.objects.filter(event=harvest).exists()
