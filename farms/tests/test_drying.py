"""Growers who wash or dry their own coffee."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from farms.tests.conftest import AT, WEIGHED, act_of
from provenance.coffee.acts import Attributes, Basis, Difference, Form, LossKind, LotMass
from provenance.trail.models import Balance, Event, Lot, Party, Site

pytestmark = pytest.mark.django_db


def key(grower, harvest):
    return f"{act_of(harvest).output.lot} {grower.user.site}"


@pytest.fixture
def cherry(grower):
    """100 kg of two pickings."""
    return [
        grower.harvest(weight="60", variety="Caturra", picked_from="2025-11-01", picked_to="2025-11-03"),
        grower.harvest(weight="40", variety="Castillo", picked_from="2025-11-05"),
    ]


def dry(grower, cherry, **answers):
    said = {
        "inputs": [key(grower, harvest) for harvest in cherry],
        "step": "wash_and_dry",
        "weight": "20",
        "unit": "kg",
        "at": AT,
    }
    return said | answers


def sign(grower, answers):
    page = grower.read_back("drying", **answers)
    signed = grower.signature(page) | {"inputs": answers["inputs"]}
    assert grower.client.post(reverse("farms:drying"), signed).status_code == 302
    return Event.objects.get(uuid=Event.uuid_of(signed["event_id"]))


def test_cherry_becomes_dry_parchment_and_keeps_what_was_said_of_it(grower, cherry):
    event = sign(grower, dry(grower, cherry))
    act = act_of(event)
    assert act.step == "wash_and_dry"
    assert set(act.inputs) == {LotMass(lot=act_of(h).output.lot, mass_mg=act_of(h).output.mass_mg) for h in cherry}
    [made] = act.outputs
    assert (made.form, made.mass_mg) == (Form.DRY_PARCHMENT, 20_000_000)
    assert made.attributes.variety in {("Caturra", "Castillo"), ("Castillo", "Caturra")}
    assert made.attributes == Attributes(
        country="ET",
        variety=made.attributes.variety,
        process="washed",
        harvest_start=date(2025, 11, 1),
        harvest_end=date(2025, 11, 5),
    )
    assert act.losses == (Difference(kind=LossKind.UNEXPLAINED, mass_mg=80_000_000, basis=Basis.COMPUTED),)
    assert act.gains == ()
    assert sorted(Balance.objects.exclude(mg=0).values_list("lot__form", "mg")) == [("DRY_PARCHMENT", 20_000_000)]
    page = grower.client.get(reverse("farms:event", args=[event.uuid])).content.decode()
    assert "Almaz washed and dried 100 kg of cherry: 20 kg of dry parchment, at Almaz site" in page


def test_cherry_dried_whole_loses_water(grower, cherry):
    event = sign(grower, dry(grower, cherry, step="natural", weight="35"))
    assert act_of(event).losses == (Difference(kind=LossKind.WATER, mass_mg=65_000_000),)
    assert Lot.objects.get(uri=act_of(event).outputs[0].lot).form == "DRIED_CHERRY"


def test_parchment_is_delivered_by_the_carga(grower, cherry, wote):
    Party.objects.filter(uri=grower.user.party).update(country="CO")
    Site.objects.filter(uri=grower.user.site).update(country="CO")
    there = f"{WEIGHED.astimezone(ZoneInfo('America/Bogota')):%Y-%m-%dT%H:%M}"
    made = act_of(sign(grower, dry(grower, cherry, weight="1,6", unit="arroba", at=there))).outputs[0]
    assert made.mass_mg == 20_000_000
    event = grower.sign(
        "delivery",
        lot=f"{made.lot} {grower.user.site}",
        weight="0.16",
        unit="carga",
        station=wote.site,
        title_passes="yes",
        at=there,
    )
    assert act_of(event).lines == (LotMass(lot=made.lot, mass_mg=20_000_000),)
    page = grower.client.get(reverse("farms:event", args=[event.uuid])).content.decode()
    assert "0.16 carga of 125 kg (20 kg) of dry parchment" in page


@pytest.mark.parametrize(
    ("weight", "doubt"),
    [
        ("26", "100 kg usually give 17 kg to 25 kg of dry parchment. Is 26 kg right?"),
        ("5", "100 kg usually give 17 kg to 25 kg of dry parchment. Is 5 kg right?"),
        (
            "120",
            "100 kg usually give 17 kg to 25 kg of dry parchment. Is 120 kg right? So much cannot have come from it: "
            "the surplus will show as of unknown origin.",
        ),
    ],
)
def test_an_unusual_yield_is_doubted_and_not_refused(grower, cherry, weight, doubt):
    answers = dry(grower, cherry, weight=weight)
    assert grower.read_back("drying", **answers).context["doubts"] == (doubt,)
    assert act_of(sign(grower, answers)).outputs[0].mass_mg == int(weight) * 1_000_000


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"inputs": []}, "inputs", "This is not answered yet."),
        ({"inputs": ["nothing"]}, "inputs", "This is not in your stock any more."),
        ({"step": "roast"}, "step", "Select a valid choice. roast is not one of the available choices."),
        ({"weight": "0"}, "weight", "Write a number above zero."),
    ],
)
def test_a_bad_step_is_refused_beside_its_field(grower, cherry, nothing_written, answers, field, sentence):
    nothing_written()
    page = grower.read_back("drying", **dry(grower, cherry, **answers))
    assert page.context["form"].errors == {field: [sentence]}


def test_lots_of_two_farms_are_dried_apart(grower, cherry, nothing_written):
    other = act_of(grower.sign("farm", name="Upper farm", country="ET", readers="public")).site
    far = grower.harvest(farm=other)
    nothing_written()
    inputs = [key(grower, cherry[0]), f"{act_of(far).output.lot} {other}"]
    page = grower.read_back("drying", **dry(grower, cherry, inputs=inputs))
    assert page.context["form"].errors == {"inputs": ["These lie at different farms. Choose lots of one farm."]}


def test_a_step_is_taken_back_when_it_did_not_happen(grower, cherry):
    event = sign(grower, dry(grower, cherry))
    address = reverse("farms:correct", args=[event.uuid])
    assert "weight" not in grower.client.get(address).context["form"].fields
    grower.sign("correct", [event.uuid], reason="did_not_occur")
    assert sorted(Balance.objects.exclude(mg=0).values_list("mg", flat=True)) == [40_000_000, 60_000_000]
