"""A buyer says what he paid: what is typed wrong is told beside its field, and nothing is signed."""

import pytest

from provenance.coffee.acts import Form
from provenance.coffee.statement import parse
from provenance.trail.models import Event
from provenance.trail.services.disclosing import disclosures_of
from shipments.tests.conftest import take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(roastery, wote):
    lot = take_in(roastery.user, "C-1", 80, Form.CHERRY)
    return {
        "deliveries": lot.made_by.event_id,
        "payee": wote.party,
        "kind": "first",
        "amount": "168.00",
        "currency": "usd",
        "audience": "public",
    }


def test_amount_and_payee_are_read_back_and_sealed_and_the_rest_is_the_deliverys(roastery, answers):
    page = roastery.review("pay", None, **answers).content.decode()
    assert "168.00 USD" in page

    roastery.sign("pay", None, **answers)

    event = Event.objects.order_by("-pk").first()
    statement = parse(bytes(event.statement))
    assert (statement.body.form, statement.body.mass_mg) == (Form.CHERRY, 80_000_000)
    assert b"168.00" not in statement.jws
    assert {one.name: one.value for one in disclosures_of([event], ["public"])[event.pk]} == {"amount": "168.00 USD"}


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"amount": "1,680"}, "amount", "like 412.50 USD"),
        ({"amount": "0"}, "amount", "like 412.50 USD"),
        ({"currency": "$"}, "amount", "like 412.50 USD"),
        ({"deliveries": "urn:uuid:00000001-5c1a-4f0e-9d2b-3a6f1e7c9b10"}, "deliveries", "no delivery that you bought"),
        ({"kind": "gift"}, "kind", "valid choice"),
        ({"payee": "https://localhost:8000/epcis/party/nobody"}, "payee", "valid choice"),
    ],
)
def test_bad_input_signs_nothing(roastery, answers, changed, field, sentence):
    before = Event.objects.count()
    page = roastery.review("pay", None, **(answers | changed), sign="Sign")
    assert sentence in str(page.context["form"].errors[field])
    assert Event.objects.count() == before
