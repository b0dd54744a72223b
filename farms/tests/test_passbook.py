"""A grower's passbook: what was delivered, paid and is owed; for the grower and his officer alone."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from farms.services.business import Business
from farms.services.passbook import passbook_of
from farms.tests.conftest import ADDIS, answer
from farms.tests.test_receipts import LOTS, code_of, pay, take_in
from provenance.coffee.acts import Form
from provenance.coffee.check_code import in_groups
from provenance.members.services import enrol
from provenance.trail.models import Event
from provenance.trail.models.projections import pk_of
from provenance.trail.services import registry

pytestmark = pytest.mark.django_db


def book(grower, year=None):
    return passbook_of(Business(grower.party), year)


def said(amounts):
    return [str(amount) for amount in amounts]


class Member:
    """A grower of a cooperative, without log-in."""

    def __init__(self, guardian, name="Hanna"):
        self.party = registry.register_party(
            kind="person", roles=["farmer"], name=name, country="ET", guardian=guardian
        )


@pytest.fixture
def union(db, log, django_user_model):
    """Tigist is officer of a cooperative that takes nothing in itself."""
    user = django_user_model.objects.create_user("tigist")
    user.party = registry.register_party(kind="organisation", roles=["officer"], name="Union", country="ET")
    enrol(user=user, party_uri=user.party, role="officer")
    return user


def test_all_deliveries_stand_in_it_announced_or_not(grower, wote):
    dispatch = grower.deliver(wote, grower.harvest())
    received = answer(wote, dispatch, received_kg=60)
    answer(wote, dispatch, refused_kg=24.5)
    waiting = grower.deliver(wote, grower.harvest(weight="20"), weight="20")
    brought = take_in(wote, grower.user, "T-1", 30, price="2.10 USD/kg")

    found = {entry.event: entry for entry in book(grower.user).entries}

    assert set(found) == {dispatch, waiting, brought}
    first, second, third = found[dispatch], found[waiting], found[brought]
    assert (first.sent_mg, first.received_mg, first.refused_mg) == (84_500_000, 60_000_000, 24_500_000)
    assert first.codes == (in_groups(code_of(received)),)
    assert (second.sent_mg, second.received_mg, second.codes) == (20_000_000, None, ())
    assert (third.sent_mg, third.received_mg, third.form, str(third.worth)) == (None, 30_000_000, "CHERRY", "63.00 USD")
    assert book(grower.user).received == [("CHERRY", 90_000_000)]
    page = grower.client.get(reverse("farms:passbook")).content.decode()
    assert "no answer yet" in page and in_groups(code_of(received)) in page


def test_forms_are_not_added_up(log, wote, almaz):
    take_in(wote, almaz, "T-1", 30)
    take_in(wote, almaz, "T-2", 5, form=Form.DRY_PARCHMENT)
    assert book(almaz).received == [("CHERRY", 30_000_000), ("DRY_PARCHMENT", 5_000_000)]
    assert book(almaz).unpaid == [("CHERRY", 30_000_000), ("DRY_PARCHMENT", 5_000_000)]


def test_every_kind_of_payment_counts_where_it_belongs(log, wote, almaz):
    event = take_in(wote, almaz, kg=100, price="2.10 USD/kg")
    for kind, amount in {
        "advance": "50.00 USD",
        "first": "60.00 USD",
        "second": "20.00 USD",
        "bonus": "7.00 USD",
        "premium": "5.00 USD",
        "dividend": "3.00 USD",
        "deduction": "10.00 USD",
        "loan_repayment": "30.00 USD",
    }.items():
        pay(wote, [event], amount, almaz, kind=kind)

    found = book(almaz)

    assert said(found.paid) == ["145.00 USD"]
    assert said(found.kept_back) == ["40.00 USD"]
    # 210 were agreed; what comes on top of the price, and what was kept back of it, are not owed again.
    assert said(found.owed) == ["40.00 USD"]
    assert (found.unpaid, found.unreckoned, found.settled) == ([], [], False)


def test_it_is_so_far_until_the_last_payment_was_said_to_be_the_last(grower, wote):
    event = take_in(wote, grower.user, kg=10, price="2 USD/kg")
    pay(wote, [event], "5.00 USD", grower.user)
    page = grower.client.get(reverse("farms:passbook")).content.decode()
    assert "Paid, so far" in page and "Still owed, so far" in page and "15.00 USD" in page
    pay(wote, [event], "15.00 USD", grower.user, kind="second", final=True)
    page = " ".join(grower.client.get(reverse("farms:passbook")).content.decode().split())
    assert "Paid, so far" not in page and "nothing in USD" in page and "the last one" in page


def test_more_than_was_agreed_is_no_debt(grower, wote):
    event = take_in(wote, grower.user, kg=10, price="2 USD/kg")
    pay(wote, [event], "25.00 USD", grower.user)
    assert said(book(grower.user).owed) == ["-5.00 USD"]
    assert "more was paid than was agreed" in grower.client.get(reverse("farms:passbook")).content.decode()


@pytest.mark.parametrize("price", ["", "as at the auction", "2.10 USD/lb", "2,10", "two USD/kg"])
def test_without_a_price_in_figures_nothing_is_reckoned(log, wote, almaz, price):
    event = take_in(wote, almaz, price=price)
    pay(wote, [event], "5.00 USD", almaz)
    found = book(almaz)
    assert found.owed == [] and [entry.event for entry in found.unreckoned] == [event]
    assert said(found.paid) == ["5.00 USD"]


@pytest.mark.parametrize("price", ["2.10 USD/kg", "2,10 USD/kg", "2.1 USD per kg", "2.10 USD a kg"])
def test_a_price_is_read_as_it_is_written(log, wote, almaz, price):
    take_in(wote, almaz, kg=10, price=price)
    assert said(book(almaz).owed) == ["21.00 USD"]


def test_a_payment_that_covers_a_delivery_without_price_takes_its_others_out_of_the_reckoning(log, wote, almaz):
    priced = take_in(wote, almaz, "T-1", 10, price="2 USD/kg")
    unpriced = take_in(wote, almaz, "T-2", 10)
    other = take_in(wote, almaz, "T-3", 10, price="3 USD/kg")
    pay(wote, [priced, unpriced], "9.00 USD", almaz)
    found = book(almaz)
    assert said(found.owed) == ["30.00 USD"] and said(found.paid) == ["9.00 USD"]
    assert {entry.event for entry in found.unreckoned} == {priced, unpriced} and other not in found.unreckoned


def test_currencies_are_not_added_up(log, wote, almaz):
    pay(wote, [take_in(wote, almaz, "T-1", 10, price="2 USD/kg")], "5.00 USD", almaz)
    pay(wote, [take_in(wote, almaz, "T-2", 10, price="100 ETB/kg")], "400.00 ETB", almaz)
    found = book(almaz)
    assert (said(found.paid), said(found.owed)) == (["400.00 ETB", "5.00 USD"], ["600.00 ETB", "15.00 USD"])


def test_what_somebody_else_was_paid_is_shown_and_not_counted(grower, wote, neighbour):
    mine, his = take_in(wote, grower.user, "T-1"), take_in(wote, neighbour, "T-2")
    pay(wote, [mine], "11.00 USD", neighbour)
    pay(wote, [mine, his], "22.00 USD")
    found = book(grower.user)
    assert [(each.to_grower, each.also) for each in found.payments] == [(False, True), (False, False)]
    assert found.paid == []
    assert "not counted here" in grower.client.get(reverse("farms:passbook")).content.decode()


def test_an_amount_that_may_not_be_read_is_no_zero(grower, wote):
    pay(wote, [take_in(wote, grower.user)], "11.00 USD", grower.user, audience="auditors")
    found = book(grower.user)
    assert (found.withheld, found.paid) == (1, [])
    page = " ".join(grower.client.get(reverse("farms:passbook")).content.decode().split())
    assert "1 payment without an amount that may be read here is not in these sums." in page


def test_each_season_has_its_own_page(client, log, wote, almaz):
    # A minute before and at the beginning of the coffee year, by the clock of Addis Ababa.
    before = take_in(wote, almaz, "T-1", at=datetime(2026, 9, 30, 23, 59, tzinfo=ADDIS))
    after = take_in(wote, almaz, "T-2", at=datetime(2026, 10, 1, 0, 0, tzinfo=ADDIS))
    client.force_login(almaz)

    def events(**season):
        return [entry.event for entry in client.get(reverse("farms:passbook"), season).context["book"].entries]

    assert (events(season="2025"), events(season="2026")) == ([before], [after])
    assert client.get(reverse("farms:passbook"), {"season": "2025"}).context["book"].over
    assert client.get(reverse("farms:passbook"), {"season": "2099"}).status_code == 404
    assert client.get(reverse("farms:passbook"), {"season": "'; --"}).status_code == 200


def test_ten_times_the_deliveries_cost_no_more_queries(log, wote, almaz):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            book(almaz)
        return len(asked)

    pay(wote, [take_in(wote, almaz, "T-0")], "1.00 USD", almaz)
    few = cost()
    for number in range(1, 11):
        pay(wote, [take_in(wote, almaz, f"T-{number}")], "1.00 USD", almaz)
    assert cost() == few and len(book(almaz).entries) == 11


def test_an_officer_prints_the_book_of_a_member_and_nobody_elses(
    client, union, log, wote, neighbour, almaz, otto, nadia
):
    hanna = Member(union.party)
    event = take_in(wote, hanna, "H-1", 41.5, price="2 USD/kg")
    pay(wote, [event], "3.00 USD", hanna)
    client.force_login(union)

    page = client.get(reverse("farms:member-passbook", args=[pk_of(hanna.party)]))

    words = page.content.decode()
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    assert "Passbook of Hanna" in words and "41.5 kg" in words and "80.00 USD" in words
    assert client.get(reverse("farms:member-passbook", args=[pk_of(neighbour.party)])).status_code == 404
    assert client.get(reverse("farms:member-passbook", args=[pk_of("nobody")])).status_code == 404
    for user in (wote, neighbour, almaz, otto, nadia):
        client.force_login(user)
        assert client.get(reverse("farms:member-passbook", args=[pk_of(hanna.party)])).status_code == 403, user
    client.logout()
    assert client.get(reverse("farms:member-passbook", args=[pk_of(hanna.party)])).url.startswith("/login/")


def test_ones_own_book_is_ones_own(client, log, wote, almaz, neighbour, otto):
    take_in(wote, neighbour, "B-1", 77)
    client.force_login(almaz)
    assert "77 kg" not in client.get(reverse("farms:passbook")).content.decode()
    for user in (otto, wote):
        client.force_login(user)
        assert client.get(reverse("farms:passbook")).status_code == 403


def test_looking_at_it_writes_nothing(grower, wote, nothing_written):
    take_in(wote, grower.user)
    nothing_written()
    assert grower.client.get(reverse("farms:passbook")).status_code == 200
    assert Event.objects.filter(subjects__uri=f"{LOTS}T-1").count() == 1
