"""The promises of receipts, broken on purpose: each planted bug has to be seen by the test that guards it."""

from dataclasses import replace

import pytest

from farms import papers
from farms.models import Text
from farms.services import passbook, telephones
from farms.services.receipts import checking, desk, numbering, taken_in
from farms.services.texts import gateways, sending
from farms.tests import test_passbook, test_receipts, test_texts
from farms.tests.test_passbook import union  # noqa: F401  a fixture
from farms.tests.test_receipts import station  # noqa: F401  a fixture
from farms.tests.test_texts import Gateway, through  # noqa: F401  a fixture
from provenance.coffee import check_code

pytestmark = pytest.mark.django_db


def caught(test, *args, **kwargs):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(*args, **kwargs)


@pytest.fixture
def receipt(client, log, wote, almaz):
    client.force_login(wote)
    telephones.keep_number(almaz.party, test_texts.NUMBER)
    event = test_receipts.take_in(wote, almaz, price="2.10 USD/kg")
    numbering.number_new()
    return event


def test_a_worker_that_sends_whatever_state_the_text_is_in_is_seen(client, receipt, through, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sending, "_taken", lambda text, carrier: True)
    caught(
        test_texts.test_a_worker_that_dies_between_row_and_gateway_never_sends_twice,
        client,
        receipt,
        through,
        "after it asked",
        False,
    )


def test_a_text_that_forgets_that_it_was_sent_is_seen(client, receipt, almaz, through, monkeypatch):  # noqa: F811
    put = sending._put
    monkeypatch.setattr(sending, "_put", lambda event, state: put(event, "waiting" if state == "sent" else state))
    caught(test_texts.test_a_text_that_is_ordered_twice_goes_out_once, client, receipt, almaz, through)


def test_a_gateway_without_answer_that_is_asked_again_is_seen(client, receipt, through, monkeypatch):  # noqa: F811
    def impatient(carrier, text, message):
        try:
            carrier.send(message)
        except gateways.Unclear as error:
            Text.objects.update(state="waiting")
            raise sending.Later(str(error)) from None
        return "Sent."

    monkeypatch.setattr(sending, "_hand_over", impatient)
    caught(test_texts.test_without_an_answer_it_is_not_sent_again_by_itself, client, receipt, through)


def test_a_number_in_the_address_is_seen(settings, monkeypatch):
    def careless(gateway, message):
        filled = gateway.fields.replace("{to}", message.number).replace("{text}", "words").replace("{id}", "7")
        gateways.outside.post(f"{gateway.address}?{filled}", b"", limit=100, timeout=2)

    monkeypatch.setattr(gateways.Http, "send", careless)
    caught(test_texts.test_a_number_and_words_go_into_the_body_and_never_into_an_address, settings)


def test_a_code_that_answers_for_another_delivery_is_seen(receipt, station, almaz, monkeypatch):  # noqa: F811
    """The rows are believed, and not what was signed."""
    rows = checking.Receipt.objects
    monkeypatch.setattr(checking, "_rows", lambda code: list(rows.filter(code=code).select_related("event")))
    caught(test_receipts.test_a_row_that_names_another_receipt_answers_for_nobody, receipt, station, almaz)


def test_a_code_made_of_the_events_id_alone_is_seen(monkeypatch):
    """It would stay the same when the weight is another."""
    whole = check_code.check_code_of
    from provenance.coffee.tests import test_check_code

    fixed = test_check_code.STATEMENT
    monkeypatch.setattr(test_check_code, "check_code_of", lambda said: whole(fixed if said.jti == fixed.jti else said))
    caught(test_check_code.test_any_other_words_have_another_code)


def test_a_page_that_shows_figures_to_whoever_has_a_link_is_seen(client, receipt, monkeypatch):
    from farms.views import checking as pages

    def telling(view, request, code):
        return view.show(code, pages.PaperForm(), verdict=checking.check(code, 1))

    monkeypatch.setattr(pages.CheckPaper, "get", telling)
    caught(test_receipts.test_the_page_of_a_code_asks_nobody_and_shows_nothing_until_figures_are_typed, client, receipt)


def test_a_match_by_rounding_is_seen(receipt, monkeypatch):
    monkeypatch.setattr(checking.words, "kg", lambda mass_mg: f"{round(mass_mg / 1_000_000)} kg")
    caught(test_receipts.test_another_weight_differs_and_the_record_is_shown, receipt, "84")


def test_what_was_taken_back_and_still_matches_is_seen(receipt, station, almaz, monkeypatch):  # noqa: F811
    record = checking._record
    monkeypatch.setattr(checking, "_record", lambda event, said: replace(record(event, said), taken_back=False))
    caught(test_receipts.test_what_was_taken_back_differs_from_every_paper, receipt, station, almaz)


def test_a_desk_that_shows_everybodys_receipts_is_seen(
    client, receipt, almaz, wote, kofi, nadia, otto, neighbour, monkeypatch
):
    monkeypatch.setattr(desk.ReceiptDesk, "receipt", lambda own, event: event)
    caught(
        test_receipts.test_only_taker_grower_and_guardian_see_a_receipt,
        client,
        receipt,
        almaz,
        wote,
        kofi,
        nadia,
        otto,
        neighbour,
    )


def test_a_code_that_ends_between_two_dots_is_seen(client, receipt, monkeypatch):
    monkeypatch.setattr(papers, "DOT", 0.01)
    caught(test_receipts.test_each_module_of_the_code_on_a_slip_is_six_dots_of_a_thermal_head, client, receipt)


def test_a_book_for_any_officer_is_seen(client, union, log, wote, neighbour, almaz, otto, nadia, monkeypatch):  # noqa: F811
    from farms.views import passbooks
    from provenance.trail.models import Party

    monkeypatch.setattr(
        passbooks.MemberView,
        "member",
        lambda view, grower: passbooks.Business(Party.objects.filter(pk=grower).values_list("uri", flat=True)[0]),
    )
    with pytest.raises((AssertionError, IndexError)):
        test_passbook.test_an_officer_prints_the_book_of_a_member_and_nobody_elses(
            client, union, log, wote, neighbour, almaz, otto, nadia
        )


def test_a_bonus_that_pays_a_debt_is_seen(log, wote, almaz, monkeypatch):
    monkeypatch.setattr(passbook, "ON_TOP", frozenset())
    caught(test_passbook.test_every_kind_of_payment_counts_where_it_belongs, log, wote, almaz)


def test_somebody_elses_money_in_ones_sums_is_seen(grower, wote, neighbour, monkeypatch):
    told = passbook._told
    monkeypatch.setattr(passbook, "_told", lambda *args: replace(told(*args), to_grower=True))
    caught(test_passbook.test_what_somebody_else_was_paid_is_shown_and_not_counted, grower, wote, neighbour)


def test_a_paper_that_counts_what_others_were_paid_is_seen(receipt, station, almaz, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        taken_in, "own_payments", lambda event_id, act: taken_in.payments_for([event_id], ["partners", almaz.party])
    )
    caught(
        test_receipts.test_money_is_the_price_or_what_had_been_paid_at_some_time,
        receipt,
        station,
        almaz,
        "70",
        "differs",
    )
