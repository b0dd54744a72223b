"""When nothing can be taken in, a processor is told so, keeps what was typed, and nothing is half done."""

from provenance.trail.models import Balance, Event
from shipments.tests.conftest import act_url, sign_data, take_in

FULL = 10**9


def test_a_full_disk_stops_an_act_and_the_form_keeps_what_was_typed(roastery, kofi, disk_floor):
    take_in(kofi, "G-1", 600)
    answers = {"line": roastery.stock("G-1"), "weight_kg": "0.35", "code": "S-1"}
    page = roastery.review("sample", **answers)
    sent = sign_data(page, answers)
    before, stock = Event.objects.count(), list(Balance.objects.values_list("pk", "mg"))
    disk_floor(FULL)

    page = roastery.client.post(act_url("sample"), sent)

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "The disk is nearly full" in page.content.decode()
    assert page.context["form"]["line"].value() == answers["line"]
    assert Event.objects.count() == before
    assert list(Balance.objects.values_list("pk", "mg")) == stock

    disk_floor(0)
    assert roastery.client.post(act_url("sample"), sent).status_code == 302
    assert Event.objects.count() == before + 1
