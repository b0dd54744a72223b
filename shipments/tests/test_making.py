import pytest

from provenance.coffee.acts import Form, LossKind
from provenance.trail.models import Balance, Event, Flag, Lot, LotEdge, Shortfall
from shipments.services.correcting import act_of
from shipments.tests.conftest import KG, errors_on, sign_data, take_in, typed


@pytest.fixture
def green(roastery):
    """60 kg of G-1 and 20 kg of G-2 in Kofi's store."""
    return take_in(roastery.user, "G-1", 60), take_in(roastery.user, "G-2", 20)


def roast(door, out="64", **more):
    return {
        "inputs__0__line": door.stock("G-1"),
        "inputs__0__weight_kg": "60",
        "inputs__1__line": door.stock("G-2"),
        "inputs__1__weight_kg": "20",
        "outputs__0__code": "R-1",
        "outputs__0__form": "ROASTED",
        "outputs__0__weight_kg": out,
        "rest": "water",
        **more,
    }


def test_remainder_and_yield_are_shown_before_signing(roastery, green):
    page = roastery.review("roast", **roast(roastery, rest="unexplained"))

    text = page.content.decode()
    assert "unexplained" in text
    assert "16 kg" in text
    assert "<strong>Yield 80.0 %</strong>, as usual for this step (usual: 78 to 89 %)." in text


def test_the_rest_can_be_named_on_the_page_that_reads_back(roastery, green):
    page = roastery.review("roast", **roast(roastery, rest="unexplained"))

    roastery.client.post(page.request["PATH_INFO"], {**sign_data(page), "rest": "roast_gas"})

    act = act_of(Event.objects.latest("pk"))
    assert [(loss.kind, loss.mass_mg) for loss in act.losses] == [(LossKind.ROAST_GAS, 16 * KG)]


def test_named_losses_and_the_rest_add_up(roastery, green):
    event = roastery.sign(
        "roast",
        **roast(
            roastery,
            differences__0__kind="spillage",
            differences__0__way="loss",
            differences__0__weight_kg="0.5",
            differences__0__basis="weighed",
        ),
    )

    act = act_of(event)
    assert [(loss.kind, loss.mass_mg) for loss in act.losses] == [
        (LossKind.SPILLAGE, 500_000),
        (LossKind.WATER, 15_500_000),
    ]


def test_a_blend_comes_from_both_lots_by_weight(roastery, green):
    roastery.sign("roast", **roast(roastery))

    blend = Lot.objects.get(code="R-1")
    assert dict(LotEdge.objects.filter(child=blend).values_list("parent__code", "mg")) == {
        "G-1": 48 * KG,
        "G-2": 16 * KG,
    }
    assert blend.attributes == {"country": "ET", "process": "washed"}


def test_too_good_a_yield_is_said_and_may_be_signed(roastery, green):
    page = roastery.review("roast", **roast(roastery, out="79"))
    assert "more than this step can give" in page.content.decode()

    event = roastery.sign("roast", **roast(roastery, out="79"))

    assert Flag.objects.filter(event=event, kind="above_ceiling").exists()


def test_more_than_there_is_opens_a_shortfall_and_is_said_before(roastery, green):
    answers = roast(roastery, out="72") | {"inputs__0__weight_kg": "70"}
    page = roastery.review("roast", **answers)
    assert "The books hold 10 kg less of G-1 here." in page.content.decode()

    roastery.sign("roast", **answers)

    assert Shortfall.objects.get(closed_by=None).mg == 10 * KG
    assert [short.lot.code for short in roastery.desk.shortfalls] == ["G-1"]


def test_more_out_than_in_is_a_gain_by_name(roastery, green):
    event = roastery.sign("roast", **roast(roastery, out="81", rest="weighing_difference"))

    assert [(gain.kind, gain.mass_mg) for gain in act_of(event).gains] == [(LossKind.WEIGHING_DIFFERENCE, 1 * KG)]


def test_more_out_than_in_is_not_called_spilt(roastery, green):
    event = roastery.sign("roast", **roast(roastery, out="81", rest="spillage"))

    assert [(gain.kind, gain.mass_mg) for gain in act_of(event).gains] == [(LossKind.UNEXPLAINED, 1 * KG)]


def test_a_lot_of_somebody_else_is_not_on_offer(roastery, wote, green):
    take_in(wote, "W-1", 60)
    page = roastery.review("roast", **roast(roastery) | {"inputs__0__line": f"x {wote.site} {wote.party}"})

    assert "This lot is not in your stock any more." in errors_on(page)


def test_one_lot_stands_in_an_act_once(roastery, green):
    before = Event.objects.count()
    page = roastery.review("roast", **roast(roastery) | {"inputs__1__line": roastery.stock("G-1")})

    assert "A lot stands here twice." in errors_on(page)
    assert Event.objects.count() == before


def test_a_weight_needs_a_lot_and_a_lot_a_weight(roastery, green):
    page = roastery.review("roast", **roast(roastery) | {"inputs__0__line": "", "inputs__1__weight_kg": ""})

    assert "Of which lot?" in errors_on(page)
    assert "How much of it?" in errors_on(page)


def test_what_a_step_does_not_make_is_refused(roastery, green):
    answers = typed(roast(roastery)) | {"step": "sort_green", "outputs-0-form": "ROASTED"}
    page = roastery.client.post("/admin/shipments/stock/act/process/", answers)

    assert "The step “grade and sort green” does not make roasted. It makes: green, sweepings, triage." in errors_on(
        page
    )


def test_parts_weigh_what_was_split(roastery, green):
    before = Event.objects.count()
    page = roastery.review(
        "split",
        line=roastery.stock("G-1"),
        weight_kg="60",
        outputs__0__code="A",
        outputs__0__weight_kg="20",
        outputs__1__code="B",
        outputs__1__weight_kg="39",
    )

    assert "The new lots weigh 1 kg less than what is split." in errors_on(page)
    assert Event.objects.count() == before


def test_a_silo_may_be_filled_again(roastery, green):
    roastery.sign("roast", **roast(roastery))
    take_in(roastery.user, "G-3", 50)
    again = {
        "inputs__0__line": roastery.stock("G-3"),
        "inputs__0__weight_kg": "50",
        "outputs__0__code": "R-1",
        "outputs__0__form": "ROASTED",
        "outputs__0__weight_kg": "42",
        "rest": "water",
    }

    roastery.sign("roast", **again)

    assert Balance.objects.get(lot__code="R-1").mg == 106 * KG


def test_a_sample_can_be_a_lot_of_its_own(roastery, green):
    roastery.sign("sample", line=roastery.stock("G-1"), weight_kg="0.35", code="S-1")

    assert Balance.objects.get(lot__code="S-1").mg == 350_000
    assert Lot.objects.get(code="S-1").form == Form.GREEN


def test_scores_are_kept_to_the_hundredth(roastery, green):
    event = roastery.sign("grade", line=roastery.stock("G-1"), protocol="SCA 2004", score_centi="86.25", defects="3")

    assert act_of(event).results == (("score_centi", 8625), ("defects", 3))
