"""The ladder of every act: works, wrong method, not logged in, not yours, no such thing, bad input, nothing written."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from provenance.coffee.acts import Attributes, Form, RevokeKey
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Key
from provenance.trail.services import registry
from shipments.forms import ACT_FORMS
from shipments.services import ending, moving
from shipments.services.desk import ROLES
from shipments.services.lots import new_lot
from shipments.tests.conftest import MORNING, Door, act_url, errors_on, send, sign_data, take_in, typed

# --- what each act needs, and what is typed; "ref" where it answers to something -------------------------------------


def given_take_in(door, other):
    return {"site": door.user.site, "code": "C-1", "form": "CHERRY", "weight_kg": "84.5", "title_passes": "on"}


def given_close(door, other):
    day_lot = new_lot("DAY-1", Form.CHERRY, party=door.user.party)
    take_in(door.user, "C-1", 80, Form.CHERRY, into=moving.Pour(day_lot, Form.CHERRY, Attributes()))
    return {"lot": day_lot}


def given_pay(door, other):
    lot = take_in(door.user, "C-1", 80, Form.CHERRY)
    return {
        "deliveries": lot.made_by.event_id,
        "payee": other.party,
        "kind": "first",
        "amount": "168.00",
        "currency": "usd",
        "audience": "public",
    }


def given_process(door, other):
    take_in(door.user, "P-1", 100, Form.DRY_PARCHMENT)
    return {
        "step": "hull_washed",
        "inputs__0__line": door.stock("P-1"),
        "inputs__0__weight_kg": "100",
        "outputs__0__code": "G-1",
        "outputs__0__form": "GREEN_UNGRADED",
        "outputs__0__weight_kg": "80",
        "outputs__1__code": "H-1",
        "outputs__1__form": "PARCHMENT_HUSK",
        "outputs__1__weight_kg": "18",
        "rest": "reject",
    }


def given_roast(door, other):
    take_in(door.user, "G-1", 60)
    take_in(door.user, "G-2", 60)
    return {
        "inputs__0__line": door.stock("G-1"),
        "inputs__0__weight_kg": "30",
        "inputs__1__line": door.stock("G-2"),
        "inputs__1__weight_kg": "30",
        "outputs__0__code": "R-1",
        "outputs__0__form": "ROASTED",
        "outputs__0__weight_kg": "50.4",
        "rest": "water",
    }


def given_pack(door, other):
    from provenance.bags.models import Product

    product = Product.objects.create(party_uri=door.user.party, name="Worka", gtin="09521234000013", net_mg=250_000)
    take_in(door.user, "R-1", 20, Form.ROASTED)
    return {
        "product": str(product.pk),
        "code": "B-1",
        "count": "40",
        "inputs__0__line": door.stock("R-1"),
        "inputs__0__weight_kg": "10.1",
        "rest": "spillage",
    }


def given_split(door, other):
    take_in(door.user, "G-1", 60)
    return {
        "line": door.stock("G-1"),
        "weight_kg": "60",
        "outputs__0__code": "G-1-A",
        "outputs__0__weight_kg": "20",
        "outputs__1__code": "G-1-B",
        "outputs__1__weight_kg": "40",
    }


def given_dispatch(door, other):
    take_in(door.user, "G-1", 60)
    return {
        "to_party": other.party,
        "title_passes": "on",
        "lines__0__line": door.stock("G-1"),
        "lines__0__weight_kg": "60",
    }


def given_transfer_title(door, other):
    take_in(door.user, "G-1", 60)
    return {"to_party": other.party, "lines__0__line": door.stock("G-1"), "lines__0__weight_kg": "60"}


def given_sell(door, other):
    take_in(door.user, "G-1", 60)
    return {"lines__0__line": door.stock("G-1"), "lines__0__weight_kg": "5", "buyer": "a visitor"}


def given_dispose(door, other):
    take_in(door.user, "G-1", 60)
    return {"lines__0__line": door.stock("G-1"), "lines__0__weight_kg": "5", "reason": "spoiled"}


def given_grade(door, other):
    take_in(door.user, "G-1", 60)
    return {"line": door.stock("G-1"), "protocol": "SCA 2004", "score_centi": "86.25", "moisture_permille": "11.2"}


def given_sample(door, other):
    take_in(door.user, "G-1", 60)
    return {"line": door.stock("G-1"), "weight_kg": "0.35", "code": "S-1"}


def given_document(door, other):
    lot = take_in(door.user, "G-1", 60)
    file = SimpleUploadedFile("certificate.pdf", b"%PDF-1.7 demo %%EOF", content_type="application/pdf")
    return {"lots": [lot.uri], "kind": "certificate", "scheme": "organic", "file": file}


def given_recall(door, other):
    lot = take_in(door.user, "G-1", 60)
    return {"site": door.user.site, "lots": [lot.uri], "reason": "contamination"}


def given_receive(door, other):
    lot = take_in(other, "G-1", 60)
    ref = send(other, door.user, lot, 60)
    return {
        "ref": ref,
        "site": door.user.site,
        "difference": "weighing_difference",
        "arrivals__0__lot": lot.uri,
        "arrivals__0__sent_kg": "60",
        "arrivals__0__weighed_kg": "59.8",
    }


def given_refuse(door, other):
    lot = take_in(other, "G-1", 60)
    ref = send(other, door.user, lot, 60)
    return {
        "ref": ref,
        "site": door.user.site,
        "reason": "moisture",
        "lines__0__lot": lot.uri,
        "lines__0__weight_kg": "60",
    }


def given_lift_recall(door, other):
    lot = take_in(door.user, "G-1", 60)
    plan = ending.recall(party=door.user.party, at=MORNING, site=door.user.site, lots=[lot.uri], reason="quality")
    [event] = plan.sign()
    return {"ref": event.uuid, "site": door.user.site, "lots": [lot.uri]}


def given_correct(door, other):
    lot = take_in(door.user, "G-1", 60)
    return {
        "ref": lot.made_by.uuid,
        "reason": "incorrect_data",
        "rest": "unexplained",
        "weights__0__path": "lines.0",
        "weights__0__lot": lot.uri,
        "weights__0__weight_kg": "66",
    }


ACTS = {
    "take-in": (given_take_in, ["receive"]),
    "close": (given_close, ["close"]),
    "process": (given_process, ["process"]),
    "roast": (given_roast, ["process"]),
    "pack": (given_pack, ["pack"]),
    "split": (given_split, ["split"]),
    "dispatch": (given_dispatch, ["dispatch"]),
    "transfer-title": (given_transfer_title, ["transfer_title"]),
    "sell": (given_sell, ["sell"]),
    "pay": (given_pay, ["pay"]),
    "dispose": (given_dispose, ["dispose"]),
    "grade": (given_grade, ["grade"]),
    "sample": (given_sample, ["sample"]),
    "document": (given_document, ["attach_document"]),
    "recall": (given_recall, ["recall"]),
    "receive": (given_receive, ["receive"]),
    "refuse": (given_refuse, ["refuse"]),
    "lift-recall": (given_lift_recall, ["lift_recall"]),
    "correct": (given_correct, ["correct", "receive"]),
}
every_act = pytest.mark.parametrize("slug", ACTS)


@pytest.fixture
def scene(roastery, wote):
    """Sets the scene of an act for Kofi, whose trade partner is Wote: answers, and what the act answers to."""

    def set_scene(slug):
        answers = ACTS[slug][0](roastery, wote)
        return answers.pop("ref", None), answers

    return set_scene


def test_every_act_has_its_page():
    # What auditors do is in test_certifying.
    assert set(ACTS) == {slug for slug, form in ACT_FORMS.items() if form.roles == ROLES}


@every_act
def test_it_works(roastery, scene, slug):
    ref, answers = scene(slug)
    before = set(Event.objects.values_list("pk", flat=True))

    shown = roastery.client.get(act_url(slug, ref))
    roastery.sign(slug, ref, **answers)

    assert shown.status_code == 200
    signed = Event.objects.exclude(pk__in=before).order_by("pk")
    assert [event.act for event in signed] == ACTS[slug][1]
    assert {parse(bytes(event.statement)).iss for event in signed} == {roastery.user.party}


@every_act
def test_reading_back_signs_nothing(roastery, scene, slug):
    ref, answers = scene(slug)
    before = Event.objects.count()

    page = roastery.review(slug, ref, **answers)

    assert b"is about to sign this" in page.content
    assert Event.objects.count() == before


@every_act
def test_other_methods_are_refused(roastery, scene, slug):
    ref, _ = scene(slug)

    assert roastery.client.put(act_url(slug, ref)).status_code == 405
    assert roastery.client.delete(act_url(slug, ref)).status_code == 405


@every_act
def test_who_is_not_logged_in_is_asked_to(roastery, scene, slug):
    ref, answers = scene(slug)
    before = Event.objects.count()
    roastery.client.logout()

    for page in (roastery.client.get(act_url(slug, ref)), roastery.review(slug, ref, **answers, sign="Sign")):
        assert page.status_code == 302
        assert page.url.startswith(reverse("admin:login"))
    assert Event.objects.count() == before


@every_act
def test_a_stranger_has_no_business_here(roastery, scene, otto, slug):
    ref, answers = scene(slug)
    before = Event.objects.count()
    otto.is_staff = True
    otto.save()
    roastery.client.force_login(otto)

    assert roastery.client.get(act_url(slug, ref)).status_code == 403
    assert roastery.review(slug, ref, **answers, sign="Sign").status_code == 403
    assert Event.objects.count() == before


@every_act
def test_another_business_cannot_do_it_with_what_is_not_theirs(roastery, scene, client, wote, slug):
    ref, answers = scene(slug)
    before = Event.objects.count()
    stranger = Door(client, wote).log_in()

    page = stranger.review(slug, ref, **answers, sign="Sign")

    if ref:
        assert page.status_code == 404
    else:
        assert page.status_code == 200
        assert errors_on(page).strip()
    assert Event.objects.count() == before


@every_act
def test_nobody_acts_for_a_party_that_is_not_theirs(roastery, scene, wote, slug):
    ref, answers = scene(slug)
    before = Event.objects.count()

    page = roastery.client.post(f"{act_url(slug, ref)}?as={wote.party}", {**typed(answers), "sign": "Sign"})

    assert page.status_code == 404
    assert Event.objects.count() == before


@pytest.mark.parametrize("slug", ["receive", "refuse", "lift-recall", "correct"])
def test_what_is_not_there_is_not_found(roastery, slug):
    assert roastery.client.get(act_url(slug, uuid4())).status_code == 404
    assert roastery.client.get(act_url(slug)).status_code == 404


def test_an_act_that_does_not_exist_is_not_found(roastery):
    assert roastery.client.get(act_url("fly")).status_code == 404
    assert roastery.client.get(act_url("roast", uuid4())).status_code == 404


@every_act
def test_an_empty_form_is_told_what_is_missing(roastery, scene, slug):
    ref, _ = scene(slug)
    before = Event.objects.count()

    page = roastery.client.post(act_url(slug, ref), {"sign": "Sign"})

    assert page.status_code == 200
    assert b"Nothing was signed" in page.content
    assert Event.objects.count() == before


NONSENSE = ["", "-5", "84,5 kg", "NaN", "9" * 40, "\x00", "٤٢"]


@pytest.mark.parametrize(
    ("slug", "field"), [("refuse", "reason"), ("dispose", "reason"), ("recall", "reason"), ("document", "kind")]
)
def test_no_reason_is_chosen_beforehand(roastery, scene, slug, field):
    ref, answers = scene(slug)
    before = Event.objects.count()

    offered = roastery.client.get(act_url(slug, ref)).context["form"][field]
    page = roastery.review(slug, ref, **{**answers, field: ""})

    assert offered.initial is None
    assert offered.field.choices[0] == ("", "Choose")
    assert "This field is required." in errors_on(page)
    assert Event.objects.count() == before


@every_act
def test_nonsense_is_answered_with_a_sentence(roastery, scene, slug):
    ref, answers = scene(slug)
    good = typed({name: value for name, value in answers.items() if name != "file"})
    before = Event.objects.count()

    for name in good:
        for value in NONSENSE:
            if name in {"at", "note", "buyer", "scheme", "title_passes", "code"} and value not in {"\x00", "9" * 40}:
                continue
            page = roastery.client.post(act_url(slug, ref), {**good, name: value})
            assert page.status_code == 200, (name, value)
    assert Event.objects.count() == before


@every_act
def test_signing_twice_signs_once(roastery, scene, slug):
    ref, answers = scene(slug)
    data = sign_data(roastery.review(slug, ref, **answers), answers)
    first = roastery.client.post(act_url(slug, ref), data)
    after = Event.objects.count()

    second = roastery.client.post(act_url(slug, ref), data)

    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Event.objects.count() == after


@every_act
def test_going_back_loses_nothing(roastery, scene, slug):
    ref, answers = scene(slug)
    data = {name: value for name, value in typed(answers).items() if name != "file"}

    page = roastery.client.post(act_url(slug, ref), {**data, "change": "Back"})

    form = page.context["form"]
    fields = {row.add_prefix(name): row[name] for row in [form, *form.all_rows()] for name in row.fields}
    for name, value in data.items():
        if name.endswith("_unit"):
            continue
        shown = fields[name].value()
        assert (shown[0] if isinstance(shown, list) and not isinstance(value, list) else shown) in (value, True), name


@pytest.mark.parametrize(
    "event_id", ["nonsense", "\x00", "urn:uuid:" + "0" * 8, "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
)
def test_a_made_up_event_id_is_refused(roastery, scene, event_id):
    ref, answers = scene("roast")
    before = Event.objects.count()

    page = roastery.client.post(act_url("roast"), {**typed(answers), "event_id": event_id, "sign": "Sign"})

    assert page.status_code == 200
    assert b"Nothing was signed" in page.content
    assert Event.objects.count() == before


def test_the_event_id_of_others_is_refused(roastery, scene, wote):
    ref, answers = scene("roast")
    theirs = take_in(wote, "W-1", 60).made_by.event_id
    before = Event.objects.count()

    page = roastery.client.post(act_url("roast"), {**typed(answers), "event_id": theirs, "sign": "Sign"})

    assert page.status_code == 200
    assert "Another statement has the id" in errors_on(page)
    assert Event.objects.count() == before


def test_more_lines_keep_what_was_typed(roastery, scene):
    ref, answers = scene("roast")

    page = roastery.client.post(act_url("roast"), {**typed(answers), "more": "inputs"})

    rows = page.context["form"].rows["inputs"]
    assert len(rows) == 2 + 4
    assert rows[1]["weight"].value() == ["30", "kg"]
    assert not page.context["form"].is_bound


def test_what_the_trail_refuses_is_told_before_anybody_signs(roastery, log):
    """Only the trail knows that the key behind this desk was ended."""
    given = given_roast(roastery, None)
    key = Key.objects.get(party=roastery.user.party)
    registry.revoke_key(
        RevokeKey(kid=key.kid, since=timezone.now().replace(microsecond=0), from_index=0, reason="lost"),
        by=log.operator,
    )
    recorded = Event.objects.count()

    page = roastery.review("roast", **given)

    assert "event_id" not in page.context
    assert "This site holds no key for you, so it cannot sign in your name." in errors_on(page)
    assert Event.objects.count() == recorded
