"""Auditors certify and withdraw, each rung of the ladder; and see and do nothing else at this door."""

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from provenance.coffee.acts import Certify, Form, Withdraw
from provenance.coffee.statement import parse
from provenance.members.services import enrol
from provenance.trail.errors import RecordRefused
from provenance.trail.models import Event
from provenance.trail.services import registry
from provenance.trail.services.disclosing import disclosures_of
from shipments.services import certifying
from shipments.services.plans import Refused
from shipments.tests.conftest import MORNING, Door, act_url, errors_on, sign_data, take_in, typed

pytestmark = pytest.mark.django_db

WINDOW = "admin:shipments_issuedcertificate_changelist"
TERM = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31)}


@pytest.fixture
def lot(log, kofi):
    return take_in(kofi, "G-1", 60)


@pytest.fixture
def auditor(client, log, nadia):
    """Nadia, logged in at this door."""
    nadia.is_staff = True
    nadia.save()
    return Door(client, nadia).log_in()


@pytest.fixture
def answers(lot):
    return {
        "lots": "G-1",
        "scheme": "organic",
        "chain": "segregated",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "number": "AT-BIO-301",
    }


WITHDRAWAL = {"since": "2026-11-01", "reason": "breach"}


@pytest.fixture
def certificate(nadia, lot):
    return issue(nadia.party, lots=[lot.uri])


def issue(party, **about):
    [event] = certifying.certify(
        party=party, at=MORNING, scheme="organic", chain="segregated", number="AT-1", **TERM, **about
    ).sign()
    return event


@pytest.fixture
def pages(auditor, answers, certificate):
    """What each of the two pages needs: what it answers to, and what is typed."""
    return {"certify": (None, answers), "withdraw": (certificate.uuid, WITHDRAWAL)}


both = pytest.mark.parametrize("slug", ["certify", "withdraw"])


@both
def test_it_is_read_back_signed_once_and_listed(auditor, pages, slug):
    ref, answers = pages[slug]
    before = Event.objects.count()
    assert auditor.client.get(act_url(slug, ref)).status_code == 200
    page = auditor.review(slug, ref, **answers)
    assert b"is about to sign this" in page.content and b"G-1" in page.content
    assert Event.objects.count() == before

    for _ in range(2):
        done = auditor.client.post(act_url(slug, ref), sign_data(page))
        assert (done.status_code, done.url) == (302, reverse(WINDOW))

    event = Event.objects.order_by("-pk").first()
    assert (Event.objects.count(), event.act) == (before + 1, slug)
    assert parse(bytes(event.statement)).iss == auditor.user.party
    listed = auditor.client.get(reverse(WINDOW)).content.decode()
    assert "organic, for G-1" in listed
    assert ("withdrawn from 01 November 2026" in listed) == (slug == "withdraw")


def test_the_number_is_read_back_and_sealed(auditor, answers):
    assert "AT-BIO-301" in auditor.review("certify", **answers).content.decode()
    event = auditor.sign("certify", **answers)

    statement = parse(bytes(event.statement))
    assert (statement.body.lots, b"AT-BIO-301" in statement.jws) == ((certified_lot(),), False)
    shown = disclosures_of([event], ["partners"])[event.pk]
    assert [(one.name, one.value) for one in shown] == [("certificate", "AT-BIO-301")]


def certified_lot():
    return "https://localhost:8000/epcis/class/green.G-1"


@pytest.mark.parametrize("field", ["whole", "address"])
def test_a_place_and_a_business_are_certified_as_a_whole(auditor, answers, wote, field):
    for uri, member in ((wote.site, "site"), (wote.party, "party")):
        event = auditor.sign("certify", **{**answers, "lots": "", field: uri})
        said = parse(bytes(event.statement)).body
        assert (getattr(said, member), said.lots) == (uri, ())


BAD = {
    "nothing": ({"lots": ""}, "lots", "Say what it is about"),
    "two things": ({"address": "https://a.example/x"}, "address", "Say what it is about"),
    "no such lot": ({"lots": "G-9"}, "lots", "There is no lot G-9 on the trail."),
    "no such place": ({"lots": "", "address": "https://a.example/x"}, "address", "no place and nobody of this address"),
    "a place not offered": ({"lots": "", "whole": "https://a.example/x"}, "whole", "valid choice"),
    "an unknown chain": ({"chain": "magic"}, "chain", "valid choice"),
    "no day": ({"valid_to": "soon"}, "valid_to", "valid date"),
    "days in the wrong order": ({"valid_to": "2025-01-01"}, "valid_to", "valid_to"),
    "no number": ({"number": ""}, "number", "required"),
}


@pytest.mark.parametrize(("changed", "field", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_told_beside_its_field_and_signs_nothing(auditor, answers, changed, field, sentence):
    before = Event.objects.count()

    page = auditor.review("certify", **{**answers, **changed}, sign="Sign")

    assert sentence in str(page.context["form"].errors[field])
    assert Event.objects.count() == before


def test_a_code_that_two_lots_have_is_asked_for_by_address(auditor, answers, kofi):
    other = take_in(kofi, "G-1", 60, Form.ROASTED)
    before = Event.objects.count()

    page = auditor.review("certify", **answers, sign="Sign")

    assert "Several lots are called G-1." in errors_on(page)
    assert Event.objects.count() == before
    assert parse(bytes(auditor.sign("certify", **{**answers, "lots": other.uri}).statement)).body.lots == (other.uri,)


@pytest.mark.parametrize("changed", [{"since": ""}, {"since": "soon"}, {"reason": "mood"}])
def test_a_bad_withdrawal_signs_nothing(auditor, certificate, changed):
    before = Event.objects.count()
    page = auditor.review("withdraw", certificate.uuid, **{**WITHDRAWAL, **changed}, sign="Sign")
    assert list(page.context["form"].errors) == list(changed)
    assert Event.objects.count() == before


def test_nobody_certifies_what_is_his_own(auditor, answers, nadia):
    before = Event.objects.count()
    page = auditor.review("certify", **{**answers, "lots": "", "address": nadia.party}, sign="Sign")
    assert "Nobody may certify himself" in errors_on(page)
    assert Event.objects.count() == before


@both
def test_other_methods_are_refused(auditor, pages, slug):
    assert auditor.client.put(act_url(slug, pages[slug][0])).status_code == 405
    assert auditor.client.delete(act_url(slug, pages[slug][0])).status_code == 405


@both
def test_who_is_not_logged_in_is_asked_to(auditor, pages, slug):
    ref, answers = pages[slug]
    before = Event.objects.count()
    auditor.client.logout()
    for page in (auditor.client.get(act_url(slug, ref)), auditor.review(slug, ref, **answers, sign="Sign")):
        assert (page.status_code, page.url.startswith(reverse("admin:login"))) == (302, True)
    assert auditor.client.get(reverse(WINDOW)).status_code == 302
    assert Event.objects.count() == before


@both
def test_a_business_has_none_of_it(auditor, pages, kofi, slug):
    ref, answers = pages[slug]
    before = Event.objects.count()
    auditor.client.force_login(kofi)
    assert auditor.client.get(act_url(slug, ref)).status_code == 403
    assert auditor.review(slug, ref, **answers, sign="Sign").status_code == 403
    assert auditor.client.get(reverse(WINDOW)).status_code == 403
    assert "Certificates" not in auditor.client.get(reverse("admin:index")).content.decode()
    assert "act/certify" not in auditor.client.get(reverse("admin:shipments_stock_changelist")).content.decode()
    assert Event.objects.count() == before


@both
def test_nobody_acts_for_an_auditor_that_he_does_not_belong_to(auditor, pages, slug):
    ref, answers = pages[slug]
    other = registry.register_party(kind="organisation", roles=["auditor"], name="Others", country="CH")
    before = Event.objects.count()
    page = auditor.client.post(f"{act_url(slug, ref)}?as={other}", {**typed(answers), "sign": "Sign"})
    assert page.status_code == 404
    assert Event.objects.count() == before


def test_another_auditors_certificate_is_not_there(auditor, certificate, django_user_model):
    other = registry.register_party(kind="organisation", roles=["auditor"], name="Others", country="CH")
    rita = django_user_model.objects.create_user("rita", is_staff=True)
    enrol(user=rita, party_uri=other, role="auditor")
    before = Event.objects.count()
    auditor.client.force_login(rita)

    assert auditor.review("withdraw", certificate.uuid, **WITHDRAWAL, sign="Sign").status_code == 404
    assert "organic" not in auditor.client.get(reverse(WINDOW)).content.decode()
    assert Event.objects.count() == before


def test_what_is_not_there_was_withdrawn_or_is_no_certificate_is_not_found(auditor, certificate, lot):
    auditor.sign("withdraw", certificate.uuid, **WITHDRAWAL)
    for ref in (uuid4(), lot.made_by.uuid, certificate.uuid):
        assert auditor.client.get(act_url("withdraw", ref)).status_code == 404
    assert auditor.client.get(act_url("withdraw")).status_code == 404


def test_an_auditor_sees_and_does_nothing_else_here(auditor, certificate, lot):
    for window in ("stock", "delivery", "ownlot", "trailevent", "openshortfall"):
        assert auditor.client.get(reverse(f"admin:shipments_{window}_changelist")).status_code == 403
    assert auditor.client.get(reverse("admin:shipments_ownlot_change", args=[lot.pk])).status_code in {302, 403, 404}
    for slug in ("take-in", "recall", "pay", "document"):
        assert auditor.client.get(act_url(slug)).status_code == 403
    assert auditor.client.get(act_url("correct", certificate.uuid)).status_code == 403
    models = [
        model["object_name"]
        for app in auditor.client.get(reverse("admin:index")).context["app_list"]
        for model in app["models"]
    ]
    assert models == ["IssuedCertificate"]


def test_the_service_withdraws_what_it_was_about(nadia, lot, wote):
    for about, member, value in (
        ({"lots": [lot.uri]}, "lots", (lot.uri,)),
        ({"site": wote.site}, "site", wote.site),
        ({"of_party": wote.party}, "party", wote.party),
    ):
        certificate = issue(nadia.party, **about)
        plan = certifying.withdraw(
            party=nadia.party, at=MORNING, certificate=certificate, since=date(2026, 11, 1), reason="breach"
        )
        [event] = plan.sign()
        said = parse(bytes(event.statement)).body
        assert isinstance(said, Withdraw)
        assert (said.certificate, said.since) == (certificate.event_id, date(2026, 11, 1))
        assert getattr(said, member) == value


def test_the_service_withdraws_no_other_event_and_nobody_elses(nadia, lot, certificate):
    other = registry.register_party(kind="organisation", roles=["auditor"], name="Others", country="CH")
    before = Event.objects.count()
    how = {"at": MORNING, "since": date(2026, 11, 1), "reason": "breach"}

    with pytest.raises(Refused, match="This is no certificate"):
        certifying.withdraw(party=nadia.party, certificate=lot.made_by, **how)
    with pytest.raises(RecordRefused, match="Only whoever issued a certificate"):
        certifying.withdraw(party=other, certificate=certificate, **how).sign()
    assert isinstance(parse(bytes(certificate.statement)).body, Certify)
    assert Event.objects.count() == before
