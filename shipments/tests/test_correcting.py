import pytest
from django.urls import reverse

from provenance.coffee.acts import Form, LossKind
from provenance.trail.models import Balance, Correction, Event, Lot, Recall, Shortfall
from shipments.services.correcting import act_of
from shipments.tests.conftest import KG, act_url, errors_on, take_in


def right(door, lot, kg):
    return {
        "reason": "incorrect_data",
        "rest": "unexplained",
        "weights__0__path": "lines.0",
        "weights__0__lot": lot.uri,
        "weights__0__weight_kg": kg,
    }


def test_a_wrong_weight_is_put_right_by_two_statements(roastery):
    lot = take_in(roastery.user, "G-1", 60)

    roastery.sign("correct", lot.made_by.uuid, **right(roastery, lot, "66"))

    declaration, again = Event.objects.order_by("pk")[Event.objects.count() - 2 :]
    assert act_of(declaration).corrected_by == (again.event_id,)
    assert act_of(again).begins[0].mass_mg == 66 * KG
    assert Correction.objects.get().original == lot.made_by
    assert Balance.objects.get(lot=lot, site=roastery.user.site).mg == 66 * KG


def test_what_did_not_happen_leaves_nothing_behind(roastery):
    lot = take_in(roastery.user, "G-1", 60)
    answers = right(roastery, lot, "60") | {"reason": "did_not_occur"}

    roastery.sign("correct", lot.made_by.uuid, **answers)

    assert Balance.objects.get(lot=lot, site=roastery.user.site).mg == 0
    assert Event.objects.latest("pk").act == "correct"


def test_a_correction_after_use_shows_the_shortfall(roastery):
    lot = take_in(roastery.user, "G-1", 60)
    made_by = lot.made_by
    roastery.sign(
        "roast",
        inputs__0__line=roastery.stock("G-1"),
        inputs__0__weight_kg="60",
        outputs__0__code="R-1",
        outputs__0__form="ROASTED",
        outputs__0__weight_kg="50",
        rest="water",
    )

    roastery.sign("correct", made_by.uuid, **right(roastery, lot, "54"))

    assert Shortfall.objects.get(closed_by=None).mg == 6 * KG


def test_a_receipt_is_corrected_once_the_seal_over_it_is_off(station):
    site = station.user.site
    receipt = station.sign(
        "take-in", site=site, code="C-1", form="CHERRY", weight_kg="84.5", into="new", day_lot_code="DAY-1"
    )
    [day_lot] = station.desk.day_lots
    lot = Lot.objects.get(code="C-1")
    seal = station.sign("close", lot=day_lot.uri)
    before = Event.objects.count()

    page = station.review("correct", receipt.uuid, **right(station, lot, "48.5"))

    assert "The day-lot DAY-1 was closed over this receipt. Take its closing back first" in errors_on(page)
    assert Event.objects.count() == before

    station.sign("correct", seal.uuid, reason="did_not_occur", rest="unexplained")
    station.sign("correct", receipt.uuid, **right(station, lot, "48.5"))
    assert act_of(station.sign("close", lot=day_lot.uri)).mass_mg == 48_500_000


def test_a_corrected_step_names_its_new_rest(roastery):
    take_in(roastery.user, "G-1", 60)
    event = roastery.sign(
        "roast",
        inputs__0__line=roastery.stock("G-1"),
        inputs__0__weight_kg="60",
        outputs__0__code="R-1",
        outputs__0__form="ROASTED",
        outputs__0__weight_kg="50",
        rest="water",
    )
    roasted = Lot.objects.get(code="R-1")
    rows = {
        "weights__0__path": "inputs.0",
        "weights__0__lot": Lot.objects.get(code="G-1").uri,
        "weights__0__weight_kg": "60",
        "weights__1__path": "outputs.0",
        "weights__1__lot": roasted.uri,
        "weights__1__weight_kg": "49",
    }

    roastery.sign("correct", event.uuid, reason="incorrect_data", rest="spillage", **rows)

    act = act_of(Event.objects.latest("pk"))
    assert [(loss.kind, loss.mass_mg) for loss in act.losses] == [
        (LossKind.WATER, 10 * KG),
        (LossKind.SPILLAGE, 1 * KG),
    ]
    assert Balance.objects.get(lot=roasted, site=roastery.user.site).mg == 49 * KG


def test_the_same_weight_again_corrects_nothing(roastery):
    lot = take_in(roastery.user, "G-1", 60)
    before = Event.objects.count()

    page = roastery.review("correct", lot.made_by.uuid, **right(roastery, lot, "60"))

    assert "These are the weights that were recorded." in errors_on(page)
    assert Event.objects.count() == before


def test_an_event_is_corrected_once(roastery):
    lot = take_in(roastery.user, "G-1", 60)
    made_by = lot.made_by
    roastery.sign("correct", made_by.uuid, **right(roastery, lot, "66"))

    assert roastery.client.get(act_url("correct", made_by.uuid)).status_code == 404
    page = roastery.client.get(reverse("admin:shipments_trailevent_change", args=[made_by.pk])).content.decode()
    assert "taken back by" in page
    assert "Correct this" not in page


def test_only_who_signed_may_correct(roastery, wote):
    lot = take_in(wote, "G-1", 60, from_party=roastery.user.party)

    page = roastery.client.get(reverse("admin:shipments_trailevent_change", args=[lot.made_by.pk]))
    assert page.status_code == 200
    assert "Correct this" not in page.content.decode()
    assert roastery.client.get(act_url("correct", lot.made_by.uuid)).status_code == 404


@pytest.fixture
def blended(roastery, house_blend):
    """G-1 roasted and packed into 40 bags."""
    take_in(roastery.user, "G-1", 60)
    roastery.sign(
        "roast",
        inputs__0__line=roastery.stock("G-1"),
        inputs__0__weight_kg="60",
        outputs__0__code="R-1",
        outputs__0__form="ROASTED",
        outputs__0__weight_kg="50",
        rest="water",
    )
    roastery.sign(
        "pack",
        product=str(house_blend.pk),
        code="B-1",
        count="40",
        inputs__0__line=roastery.stock("R-1"),
        inputs__0__weight_kg="10",
        rest="spillage",
    )
    return Lot.objects.get(code="G-1")


def test_a_recall_counts_lots_kilograms_and_bags_before_it_is_signed(roastery, blended):
    page = roastery.review("recall", site=roastery.user.site, lots=[blended.uri], reason="contamination")

    text = page.content.decode()
    assert "This reaches 3 lots: G-1, " in text
    assert "50 kg of it are still somewhere, and 40 bags with a code were filled." in text
    assert not Recall.objects.exists()


def test_a_recall_stands_until_it_is_lifted(roastery, blended):
    event = roastery.sign("recall", site=roastery.user.site, lots=[blended.uri], reason="contamination")
    assert Recall.objects.get().lot == blended
    assert "1 recall of yours stands" in roastery.client.get(reverse("admin:index")).content.decode()
    lot_page = roastery.client.get(reverse("admin:shipments_ownlot_change", args=[blended.pk])).content.decode()
    assert act_url("lift-recall", event.uuid) in lot_page

    roastery.sign("lift-recall", event.uuid, site=roastery.user.site, lots=[blended.uri])

    assert not Recall.objects.exists()


def test_others_lots_cannot_be_recalled(roastery, wote):
    lot = take_in(wote, "W-1", 60, Form.GREEN)
    before = Event.objects.count()

    page = roastery.review("recall", site=roastery.user.site, lots=[lot.uri], reason="quality", sign="Sign")

    assert "One of these lots is not yours." in errors_on(page)
    assert Event.objects.count() == before
