"""Harvests, deliveries and corrections: what is signed is exactly what was read back."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from farms.services.deliveries import season_begins
from farms.tests.conftest import AT, KG, WEIGHED, act_of, answer
from provenance.coffee.acts import Attributes, Difference, Form, LossKind, LotMass
from provenance.coffee.statement import parse
from provenance.trail.models import Balance, Event, Key
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import PARTNERS, PUBLIC, disclosures_of
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import connect

pytestmark = pytest.mark.django_db


def withheld_of(event, audience):
    return {one.name: one.value for one in disclosures_of([event], [audience])[event.pk]}


def test_a_harvest_is_signed_as_it_was_read_back(grower):
    page = grower.read_back(
        "harvest",
        farm=grower.user.site,
        form="CHERRY",
        weight="84.5",
        unit="kg",
        at=AT,
        variety="Kurume,  Dega, Kurume",
        picked_from="2025-11-19",
        picked_to="2025-11-20",
    )
    [told] = page.context["told"]
    assert re.fullmatch(
        rf"Almaz picked 84.5 kg of cherry at Almaz site, (today|yesterday) {WEIGHED:%H:%M}\.", told.sentence
    )
    assert told.sentence in page.content.decode()
    answers = grower.signature(page)
    grower.client.post(reverse("farms:harvest"), answers)
    event = Event.objects.get(uuid=Event.uuid_of(answers["event_id"]))
    act = act_of(event)
    assert parse(bytes(event.statement)).iss == grower.user.party
    assert (act.at, act.site, act.owner) == (WEIGHED, grower.user.site, None)
    assert (act.output.mass_mg, act.output.form) == (84_500_000, Form.CHERRY)
    assert act.output.attributes == Attributes(
        country="ET",
        variety=("Kurume", "Dega"),
        harvest_start=date(2025, 11, 19),
        harvest_end=date(2025, 11, 20),
    )
    assert act.output.lot.startswith(f"https://localhost:8000/epcis/class/cherry.{WEIGHED:%y%m%d}-")
    assert Balance.objects.get(lot__uri=act.output.lot).mg == 84_500_000


@pytest.mark.parametrize(
    ("weight", "unit", "mass_mg", "entered"),
    [
        ("84.5", "kg", 84_500_000, "84.5 kg"),
        ("84,5", "kg", 84_500_000, "84.5 kg"),
        ("2", "feresula", 34_000_000, "2 feresula of 17 kg"),
        ("1.5", "quintal", 150_000_000, "1.5 quintal of 100 kg"),
        ("10", "lb", 4_535_924, "10 lb"),
    ],
)
def test_a_weight_is_taken_as_at_the_scale_and_what_was_typed_is_sealed(grower, weight, unit, mass_mg, entered):
    event = grower.harvest(weight=weight, unit=unit)
    assert act_of(event).output.mass_mg == mass_mg
    assert entered.encode() not in bytes(event.statement)
    assert withheld_of(event, PARTNERS) == {"entered": entered}
    assert withheld_of(event, PUBLIC) == {}


def test_each_country_has_its_own_units(client, log, almaz, grower):
    from provenance.trail.models import Party, Site

    # Projections, not evidence: Almaz moves to Colombia for this test.
    Party.objects.filter(uri=almaz.party).update(country="CO")
    Site.objects.filter(uri=almaz.site).update(country="CO")
    page = client.get(reverse("farms:harvest"))
    assert page.context["form"].fields["unit"].choices == [
        ("kg", "kg"),
        ("lb", "lb"),
        ("arroba", "arroba of 12.5 kg"),
    ]


def test_a_double_submit_records_once(grower):
    answers = grower.signature(
        grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)
    )
    before = Event.objects.count()
    pages = [grower.client.post(reverse("farms:harvest"), answers) for _ in range(2)]
    assert Event.objects.count() == before + 1
    assert pages[0].url == pages[1].url == reverse("farms:event", args=[answers["event_id"].rpartition(":")[2]])


def test_a_second_click_that_overtakes_the_first_finds_its_event(grower, monkeypatch):
    answers = grower.signature(
        grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)
    )
    grower.client.post(reverse("farms:harvest"), answers)
    before = Event.objects.count()
    # The other request was not recorded yet when this one looked.
    from farms.views.acts import ActView

    looked = []
    monkeypatch.setattr(
        ActView, "done", lambda view, event_id: looked.append(1) or (len(looked) > 1 and view.business.event(event_id))
    )
    page = grower.client.post(reverse("farms:harvest"), answers)
    assert page.status_code == 302 and len(looked) == 2
    assert Event.objects.count() == before


def test_a_delivery_is_sent_and_waits_for_an_answer(grower, wote):
    harvest = grower.harvest()
    page = grower.read_back(
        "delivery",
        lot=f"{act_of(harvest).output.lot} {grower.user.site}",
        weight="84.5",
        unit="kg",
        station=wote.site,
        title_passes="yes",
        bags="2",
        at=AT,
    )
    [told] = page.context["told"]
    assert re.fullmatch(
        rf"Almaz sends Wote Station 84.5 kg of cherry, (today|yesterday) {WEIGHED:%H:%M}\.", told.sentence
    )
    event = grower.deliver(wote, harvest, bags="2")
    act = act_of(event)
    assert act.lines == (LotMass(lot=act_of(harvest).output.lot, mass_mg=84_500_000),)
    assert (act.to_party, act.to_site, act.title, act.bags) == (wote.party, wote.site, True, 2)
    page = grower.client.get(reverse("farms:deliveries")).content.decode()
    assert "84.5 kg of cherry to Wote Station" in page
    assert "◐ only you: on its way" in page


def test_coffee_may_stay_the_growers_own(grower, wote):
    event = grower.deliver(wote, grower.harvest(), title_passes="no")
    assert act_of(event).title is False
    assert "it stays yours" in grower.client.get(reverse("farms:event", args=[event.uuid])).content.decode()


def test_more_than_was_recorded_is_doubted_and_not_refused(grower, wote):
    harvest = grower.harvest(weight="80")
    page = grower.read_back(
        "delivery",
        lot=f"{act_of(harvest).output.lot} {grower.user.site}",
        weight="84.5",
        unit="kg",
        station=wote.site,
        title_passes="yes",
        at=AT,
    )
    assert page.context["doubts"] == (
        "You recorded 80 kg of this lot and send 84.5 kg. The 4.5 kg more will show as not accounted for. "
        "Is a harvest missing?",
    )
    assert act_of(grower.deliver(wote, harvest)).lines[0].mass_mg == 84_500_000


def test_a_harvest_that_no_lorry_carries_is_doubted(grower):
    said = {"farm": grower.user.site, "form": "CHERRY", "unit": "kg", "at": AT}

    page = grower.read_back("harvest", **said, weight="99999999")

    assert page.context["doubts"] == ("99999999 kg is more than a lorry carries. Are number and unit right?",)
    assert grower.read_back("harvest", **said, weight="20000").context["doubts"] == ()


def test_a_correction_in_another_unit_is_doubted(grower):
    event = grower.harvest(weight="1.5", unit="quintal")

    page = grower.read_back("correct", [event.uuid], reason="incorrect_data", weight="1.6", unit="kg")

    assert page.context["doubts"] == ("You recorded 150 kg, and 1.6 kg is far from it. Are number and unit right?",)
    near = grower.read_back("correct", [event.uuid], reason="incorrect_data", weight="1.6", unit="quintal")
    assert near.context["doubts"] == ()


def test_less_than_one_bag_is_no_number_of_bags(grower, wote):
    lot = act_of(grower.harvest()).output.lot
    said = {"lot": f"{lot} {grower.user.site}", "weight": "9", "unit": "kg", "station": wote.site}
    before = Event.objects.count()

    page = grower.read_back("delivery", **said, title_passes="yes", at=AT, bags="-2")

    assert page.context["form"].errors == {"bags": ["Write 1 or more, or leave it empty."]}
    assert Event.objects.count() == before


def test_the_list_says_what_the_station_weighed_and_the_difference(grower, wote):
    event = grower.deliver(wote, grower.harvest())
    sent = act_of(event).lines
    loss = Difference(kind=LossKind.WEIGHING_DIFFERENCE, mass_mg=KG // 2)
    said = answer(wote, event, received_kg=84, taken=sent, losses=(loss,))
    page = grower.client.get(reverse("farms:deliveries"))
    text = " ".join(page.content.decode().split())
    assert "<strong>84 kg received</strong>, 0.5 kg less than you sent" in text
    # Both keys lie with this server, so the page claims no more than the shopper's does.
    assert "◐ both, through one operator: received" in text
    assert "● both sides" not in text
    theirs = grower.client.get(reverse("farms:event", args=[said.uuid])).content.decode()
    assert "Wote Station received 84 kg of cherry" in theirs
    assert "<dt>Difference</dt><dd>0.5 kg less</dd>" in theirs
    assert "◐ both said so" in theirs


def test_only_keys_of_their_own_make_both_sides(grower, wote):
    event = grower.deliver(wote, grower.harvest())
    answer(wote, event, received_kg=84.5)
    Key.objects.update(custody="device")

    assert "● both sides: received" in " ".join(grower.client.get(reverse("farms:deliveries")).content.decode().split())


def test_the_list_says_what_was_refused_and_why(grower, wote):
    event = grower.deliver(wote, grower.harvest())
    answer(wote, event, received_kg=60)
    answer(wote, event, refused_kg=24.5)
    text = " ".join(grower.client.get(reverse("farms:deliveries")).content.decode().split())
    assert "<strong>60 kg received</strong>, as you sent it" in text
    assert "<strong>24.5 kg sent back</strong> because of the quality" in text


def test_the_season_adds_up_by_form(grower, wote):
    grower.harvest(form="DRIED_CHERRY", weight="20")
    event = grower.deliver(wote, grower.harvest(), weight="80")
    answer(wote, event, received_kg=50)
    answer(wote, event, refused_kg=10)
    season = grower.client.get(reverse("farms:home")).context["season"]
    assert season.picked == [("CHERRY", 84_500_000), ("DRIED_CHERRY", 20_000_000)]
    assert season.sent == [("CHERRY", 80_000_000)]
    assert season.received == [("CHERRY", 50_000_000)]
    assert season.refused == [("CHERRY", 10_000_000)]
    assert season.waiting == [("CHERRY", 20_000_000)]


@pytest.mark.parametrize(
    ("today", "begins"),
    [
        (date(2026, 9, 30), date(2025, 10, 1)),
        (date(2026, 10, 1), date(2026, 10, 1)),
        (date(2027, 1, 1), date(2026, 10, 1)),
    ],
)
def test_a_season_begins_on_the_first_of_october(today, begins):
    assert season_begins(today) == begins


def test_a_receipt_says_how_far_the_event_is_and_hands_out_its_proof(grower, log):
    event = grower.harvest()
    address = reverse("farms:event", args=[event.uuid])
    page = grower.client.get(address).content.decode()
    assert event.event_id in page
    assert "Signed with a key that this server keeps for you." in page
    assert '<li class="yes">recorded</li><li>in the log (soon)</li><li>witnessed (not yet)</li>' in page
    assert grower.client.get(reverse("farms:proof", args=[event.uuid])).status_code == 404
    publish(log)
    page = grower.client.get(address).content.decode()
    assert '<li class="yes">in the log</li><li>witnessed (not yet)</li>' in page
    proof = grower.client.get(reverse("farms:proof", args=[event.uuid]))
    assert proof.status_code == 200
    assert proof.content.startswith(b"c2sp.org/tlog-proof@v1\n")


def test_a_receipt_names_the_witnesses(grower, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative", "ACME_Importers")
    event = grower.harvest()
    publish(log, index=True)
    address = reverse("farms:event", args=[event.uuid])
    assert "Not witnessed yet." in grower.client.get(address).content.decode()

    assert ask_due() == 2

    page = grower.client.get(address).content.decode()
    assert '<li class="yes">in the log</li><li class="yes">witnessed</li>' in page
    assert "Witnessed by Port Cooperative and ACME Importers on " in page


def test_a_wrong_weight_is_taken_back_and_said_right(grower):
    event = grower.harvest()
    correction = grower.sign("correct", [event.uuid], reason="incorrect_data", weight="48.5", unit="kg")
    act = act_of(correction)
    assert (act.reason, act.original["eventID"]) == ("incorrect_data", event.event_id)
    again = Event.objects.get(uuid=Event.uuid_of(act.corrected_by[0]))
    assert act_of(again).output.mass_mg == 48_500_000
    assert withheld_of(again, PARTNERS) == {"entered": "48.5 kg"}
    assert Balance.objects.get(lot__uri=act_of(event).output.lot).mg == 48_500_000
    page = grower.client.get(reverse("farms:event", args=[event.uuid])).content.decode()
    assert "Taken back" in page
    assert "Correct this" not in page
    assert grower.client.get(reverse("farms:home")).context["season"].picked == [("CHERRY", 48_500_000)]


def test_a_delivery_that_did_not_happen_is_taken_back_once(grower, wote):
    event = grower.deliver(wote, grower.harvest())
    address = reverse("farms:correct", args=[event.uuid])
    answers = grower.signature(grower.read_back("correct", [event.uuid], reason="did_not_occur"))
    before = Event.objects.count()
    pages = [grower.client.post(address, answers) for _ in range(2)]
    assert [page.status_code for page in pages] == [302, 302]
    assert Event.objects.count() == before + 1
    assert grower.client.get(address).status_code == 404
    assert "taken back by you" in grower.client.get(reverse("farms:deliveries")).content.decode()
    assert grower.client.get(reverse("farms:home")).context["season"].sent == []


def test_a_variety_is_a_name_and_nothing_else(grower, nothing_written):
    nothing_written()
    answers = {"farm": grower.user.site, "form": "CHERRY", "weight": "10", "unit": "kg", "at": AT}
    page = grower.read_back("harvest", variety="<script>", **answers)
    assert list(page.context["form"].errors) == ["variety"]
    assert "<script>" not in page.content.decode()


def test_pages_take_a_constant_number_of_queries(grower, wote):
    def queries(page):
        with CaptureQueriesContext(connection) as captured:
            grower.client.get(reverse(page))
        return len(captured)

    answer(wote, grower.deliver(wote, grower.harvest()), received_kg=84.5)
    before = {page: queries(page) for page in ("farms:home", "farms:deliveries")}
    for _ in range(3):
        answer(wote, grower.deliver(wote, grower.harvest()), received_kg=84.5)
    assert {page: queries(page) for page in before} == before
