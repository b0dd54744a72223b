"""A grower answers what others say of the coffee: yes, no and why, in her own words."""

import pytest
from django.urls import reverse

from farms.tests.conftest import act_of, answer
from provenance.coffee.acts import Confirm, Contest
from provenance.coffee.evidence import contests
from provenance.trail.services.acting import new_event_id
from provenance.trail.services.closure import closure
from provenance.trail.services.disclosing import disclosures_of

pytestmark = pytest.mark.django_db

WORDS = "I weighed it at home. <script>alert(1)</script>"


@pytest.fixture
def received(grower, wote):
    """The station's receipt of a delivery: 82 of 84.5 kg."""
    return answer(wote, grower.deliver(wote, grower.harvest()), 82)


def test_no_with_a_reason_and_words_is_read_back_signed_and_shown_beside_it(grower, received):
    page = grower.client.get(reverse("farms:reply", args=[received.uuid]))
    assert "82 kg" in page.content.decode()
    said = {"answer": "no", "reason": "weight", "words": WORDS, "readers": "public"}
    back = grower.read_back("reply", [received.uuid], **said)
    assert "this is not right" in back.content.decode()
    assert "<script>alert" not in back.content.decode()

    event = grower.sign("reply", [received.uuid], **said)

    act = act_of(event)
    assert isinstance(act, Contest)
    assert (act.event, act.reason, set(act.lots)) == (received.event_id, "weight", {act_of(received).lines[0].lot})
    assert b"weighed it at home" not in bytes(event.statement)
    assert [one.value for one in disclosures_of([event], ["public"])[event.pk]] == [WORDS]
    assert [one.id for one in contests(closure(act.lots).books, received.event_id)] == [event.event_id]
    shown = grower.client.get(reverse("farms:others")).content.decode()
    assert "You said: this is not right. The weight." in shown


def test_yes_takes_back_an_earlier_no(grower, received):
    grower.sign("reply", [received.uuid], answer="no", reason="weight")
    event = grower.sign("reply", [received.uuid], answer="yes")
    assert isinstance(act_of(event), Confirm)
    assert contests(closure(act_of(event).lots).books, received.event_id) == []
    assert "You said: this is right." in grower.client.get(reverse("farms:others")).content.decode()


def test_a_second_click_signs_nothing_more(grower, received):
    answers = grower.signature(grower.read_back("reply", [received.uuid], answer="yes"))
    address = reverse("farms:reply", args=[received.uuid])
    first, second = (grower.client.post(address, answers) for _ in range(2))
    assert first.url == second.url


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({}, "answer", "This is not answered yet."),
        ({"answer": "no"}, "reason", "This is not answered yet."),
        ({"answer": "yes", "reason": "weight"}, "answer", "You chose what is wrong, too."),
        ({"answer": "no", "reason": "mood"}, "reason", "Select a valid choice."),
        ({"answer": "yes", "words": "mine"}, "readers", "This is not answered yet."),
        ({"answer": "yes", "words": "x" * 501, "readers": "public"}, "words", "at most 500 characters"),
        ({"answer": "yes", "words": "a\u202eb", "readers": "public"}, "words", "direction"),
    ],
)
def test_bad_input_is_told_beside_its_field(grower, received, nothing_written, answers, field, sentence):
    nothing_written()
    page = grower.client.post(
        reverse("farms:reply", args=[received.uuid]), answers | {"sign": "yes", "event_id": new_event_id()}
    )
    assert page.status_code == 200
    assert sentence in str(page.context["form"].errors[field])


def test_a_wrong_method_is_refused(grower, received, nothing_written):
    nothing_written()
    assert grower.client.put(reverse("farms:reply", args=[received.uuid])).status_code == 405


def test_who_is_not_logged_in_is_asked_to(client, received, nothing_written):
    nothing_written()
    client.logout()
    assert client.post(reverse("farms:reply", args=[received.uuid]), {"sign": "yes"}).status_code == 302


def test_ones_own_words_and_others_business_are_not_to_answer(grower, received, nothing_written):
    own = act_of(received).dispatch
    nothing_written()
    address = reverse("farms:reply", args=[own.removeprefix("urn:uuid:")])
    assert grower.client.get(address).status_code == 404
    assert grower.client.post(address, {"answer": "yes", "sign": "yes"}).status_code == 404


def test_what_the_station_does_without_naming_the_grower_or_her_lot_is_not_listed(grower, received, neighbour):
    other = grower.client.get(reverse("farms:others")).content.decode()
    assert "82 kg" in other
    grower.client.force_login(neighbour)
    assert "82 kg" not in grower.client.get(reverse("farms:others")).content.decode()
    assert grower.client.get(reverse("farms:reply", args=[received.uuid])).status_code == 404
