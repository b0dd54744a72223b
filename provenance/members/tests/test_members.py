import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from provenance.members.models import Membership
from provenance.members.services import NoParty, acting_party, enrol, parties_of, roles_in

FARM = "https://localhost:8000/epcis/party/almaz"
MILL = "https://localhost:8000/epcis/party/mill"


def test_a_person_acts_for_the_party_that_came_first(almaz):
    enrol(user=almaz, party_uri=MILL, role="mill")

    assert parties_of(almaz) == [FARM, MILL]
    assert acting_party(almaz) == FARM
    assert acting_party(almaz, MILL) == MILL


def test_a_person_with_two_roles_in_a_party_belongs_to_it_once(almaz):
    enrol(user=almaz, party_uri=FARM, role="collector")

    assert parties_of(almaz) == [FARM]
    assert roles_in(almaz, FARM) == {"farmer", "collector"}


def test_parties_can_be_asked_for_by_role(almaz):
    enrol(user=almaz, party_uri=MILL, role="mill")

    assert parties_of(almaz, Membership.Role.MILL) == [MILL]
    assert parties_of(almaz, Membership.Role.ROASTER) == []


def test_a_stranger_acts_for_nobody(almaz, otto):
    with pytest.raises(NoParty, match="Ask your cooperative"):
        acting_party(otto)
    with pytest.raises(NoParty, match="do not act for this party"):
        acting_party(almaz, MILL)
    assert parties_of(AnonymousUser()) == []
    assert roles_in(otto, FARM) == set()


def test_somebody_who_was_switched_off_acts_for_nobody(almaz):
    almaz.is_active = False
    almaz.save()

    assert parties_of(almaz) == []
    assert roles_in(almaz, FARM) == set()


def test_enrolling_twice_is_once(almaz):
    enrol(user=almaz, party_uri=FARM, role="farmer")

    assert Membership.objects.filter(user=almaz).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=almaz, party_uri=FARM, role="farmer")


def test_a_role_that_is_not_in_the_list_is_refused_by_service_and_database(almaz):
    with pytest.raises(ValueError, match="barista"):
        enrol(user=almaz, party_uri=MILL, role="barista")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=almaz, party_uri=MILL, role="barista")

    assert parties_of(almaz) == [FARM]


def test_the_list_of_roles_and_its_database_constraint_agree():
    [constraint] = [c for c in Membership._meta.constraints if c.name == "membership_role_known"]

    assert dict(constraint.condition.children)["role__in"] == Membership.Role.values
