"""Receipts and passbooks on the smallest phone, in a real browser with JavaScript turned off."""

import pytest

from farms.services import telephones
from farms.services.receipts.numbering import number_new
from farms.tests.test_phone import fits, log_in, press, small_phone  # noqa: F401  a fixture
from farms.tests.test_receipts import code_of, pay, take_in
from provenance.trail.services.publishing import publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_grower_checks_a_paper_and_reads_the_book_with_two_thumbs(log, almaz, wote, small_phone, live_server):  # noqa: F811
    page = small_phone
    receipt = take_in(wote, almaz, price="45.50 ETB/kg")
    pay(wote, [receipt], "1500.00 ETB", almaz)
    pay(wote, [receipt], "300.00 ETB", almaz, kind="loan_repayment")
    number_new()
    publish(log)

    page.goto("/r/")
    fits(page)
    page.get_by_label("Check code").fill(code_of(receipt).lower())
    press(page, "Continue")
    fits(page)
    for kilograms, money, heading in (("84,5", "1500", "✓ It matches"), ("48.5", "", "✕ It differs")):
        page.get_by_label("How many kilograms").fill(kilograms)
        page.get_by_label("Which price").fill(money)
        press(page, "Compare with the record")
        fits(page)
        assert page.inner_text("h1") == heading
    assert page.context.cookies() == []

    log_in(page, live_server, almaz)
    page.goto("/farms/telephone/")
    fits(page)
    page.get_by_label("Telephone for receipts").fill("+251 911 234 567")
    press(page, "Keep this number")
    assert telephones.number_of(almaz.party) == "+251911234567"
    press(page, "My passbook", "link")
    fits(page)
    words = page.inner_text("main")
    # 84.5 kg at 45.50, less 1,500 paid and 300 kept back.
    assert "2044.75 ETB" in words and "kept back for a loan" in words

    log_in(page, live_server, wote)
    page.goto("/farms/receipts/")
    fits(page)
    press(page, "84.5 kg of cherry", "link")
    fits(page)
    press(page, "Send it as a text to +251 … 67")
    fits(page)
    assert "The text waits to be sent." in page.inner_text("main")
