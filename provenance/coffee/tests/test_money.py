"""Amounts, and the price of a kilogram that follows from payments."""

from decimal import Decimal

import pytest

from provenance.coffee.acts import Form, Pay
from provenance.coffee.errors import MalformedAct
from provenance.coffee.money import Amount, Price, prices, read_amount
from provenance.coffee.tests.samples import AT, EVENT, KG, OTHER_EVENT, PARCHMENT


def pay(kind="first", *deliveries, kg=200, final=False, form=Form.DRY_PARCHMENT):
    return Pay(
        at=AT,
        kind=kind,
        deliveries=deliveries or (EVENT,),
        lots=(PARCHMENT,),
        form=form,
        mass_mg=kg * KG,
        final=final,
    )


def usd(number):
    return Amount(Decimal(number), "USD")


def test_an_amount_is_a_number_and_a_currency():
    assert read_amount("412.50 USD") == Amount(Decimal("412.50"), "USD")
    assert str(read_amount("1250000 COP")) == "1250000 COP"


@pytest.mark.parametrize(
    "text", ["", "412.50", "USD 412", "0 USD", "0.00 USD", "-1 USD", "1e3 USD", "01 USD", "1.234 USD"]
)
def test_anything_else_is_no_amount(text):
    with pytest.raises(MalformedAct, match="like 412.50 USD"):
        read_amount(text)


def test_an_advance_and_what_follows_are_one_price_so_far():
    said = [(pay("advance"), usd("100")), (pay("second"), usd("320"))]
    assert prices(said) == [Price(Decimal("2.10"), "USD", Form.DRY_PARCHMENT, True, Decimal("0.00"))]


def test_a_final_payment_closes_the_price():
    said = [(pay("advance"), usd("100")), (pay("second", final=True), usd("320"))]
    assert prices(said)[0].so_far is False


def test_what_is_kept_back_is_part_of_the_price_and_told_apart():
    (price,) = prices([(pay(), usd("400")), (pay("loan_repayment"), usd("20"))])
    assert (price.per_kg, price.kept_back) == (Decimal("2.10"), Decimal("0.10"))


def test_deliveries_paid_apart_and_then_together_weigh_once():
    said = [
        (pay("advance", EVENT, kg=100), usd("100")),
        (pay("advance", OTHER_EVENT, kg=100), usd("100")),
        (pay("second", EVENT, OTHER_EVENT, kg=200), usd("200")),
    ]
    assert prices(said)[0].per_kg == Decimal("2.00")


def test_forms_and_currencies_are_never_added_up():
    said = [(pay(), usd("400")), (pay(form=Form.CHERRY), usd("100")), (pay(), Amount(Decimal(80), "EUR"))]
    assert [(price.form, price.currency, price.per_kg) for price in prices(said)] == [
        (Form.DRY_PARCHMENT, "USD", Decimal("2.00")),
        (Form.CHERRY, "USD", Decimal("0.50")),
        (Form.DRY_PARCHMENT, "EUR", Decimal("0.40")),
    ]
