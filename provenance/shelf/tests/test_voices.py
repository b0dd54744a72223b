"""What others say of a step, what the growers got, which certificates hold: told from their statements."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from provenance.coffee import acts
from provenance.coffee.acts import Form
from provenance.coffee.statement import parse
from provenance.pack.bundle import judge
from provenance.pack.bundle.form import jws_of
from provenance.shelf.reading import page_of
from provenance.shelf.story import tell
from provenance.shelf.story.earning import factor, roasted_from, yields
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, BUNDLE, GREEN, HOST, PACKED, STATION, WOTE
from provenance.trail.models import Event
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, Withheld, record_acts

RECEIPT_LOTS = (world.DAY_LOT, f"https://{HOST}/epcis/class/cherry.H-1")


@pytest.fixture
def bag(log):
    return world.build(log)


def replies(bag, act: acts.Act, **withheld: Withheld):
    [event] = record_acts(ALMAZ, [Draft(act, withheld)])
    return event


def pays(bag, kind: str, amount: str, **more) -> None:
    act = acts.Pay(
        at=world.at(3, 9),
        kind=kind,
        deliveries=(bag.events["took in"].event_id,),
        lots=RECEIPT_LOTS,
        form=Form.CHERRY,
        **{"mass_mg": 84_500_000, **more},
    )
    record_acts(WOTE, [Draft(act, {"amount": Withheld(amount, "public")})])


def test_a_contest_is_the_verdict_and_stands_beside_its_step(bag, client):
    act = acts.Contest(at=world.at(3, 5), event=bag.events["took in"].event_id, lots=RECEIPT_LOTS, reason="weight")
    event = replies(bag, act, words=Withheld("It was 91 kg on my own scale.", "public"))

    story = page_of(PACKED).story

    assert story.verdict.code == "contested"
    assert str(story.verdict.words) == "Almaz disagrees with one step, and says: the weight is wrong."
    [step] = [step for step in story.steps if step.replies]
    assert step.title == "Wote Station took in 84.5 kg of cherry from Almaz"
    assert (str(step.replies[0].words), step.tone) == ("It was 91 kg on my own scale.", "alarm")
    page = client.get(GREEN.removeprefix(f"https://{HOST}")).content.decode()
    waits = f'data-leaves="{bag.events["took in"].place}" [^>]*data-waiting="{event.event_id}/[0-9a-f]{{64}} "'
    assert re.search(waits, page)
    assert "It was 91 kg on my own scale." in page


def test_a_confirmation_changes_no_verdict(bag):
    before = page_of(PACKED).story.verdict.code
    replies(bag, acts.Confirm(at=world.at(3, 5), event=bag.events["took in"].event_id, lots=RECEIPT_LOTS))

    story = page_of(PACKED).story

    assert story.verdict.code == before == "one_side"
    assert [reply.code for step in story.steps for reply in step.replies] == ["confirm"]


def contest(bag, reason="weight", words="", event="took in"):
    act = acts.Contest(at=world.at(3, 5), event=bag.events[event].event_id, lots=RECEIPT_LOTS, reason=reason)
    return replies(bag, act, **({"words": Withheld(words, "public")} if words else {}))


def test_who_says_yes_after_all_contests_no_longer(bag, client):
    contest(bag, words="It was 91 kg.")
    replies(bag, acts.Confirm(at=world.at(3, 6), event=bag.events["took in"].event_id, lots=RECEIPT_LOTS))

    story = page_of(PACKED).story

    assert story.verdict.code == "one_side"
    [step] = [step for step in story.steps if step.replies]
    assert ([reply.code for reply in step.standing], step.set_aside) == (["confirm"], 1)
    page = client.get(bag.link).content.decode()
    assert "It was 91 kg." not in page and "1 reply counts no longer" in page


def test_who_contests_a_hundred_times_is_heard_once(bag, client):
    before = len(client.get(bag.link).content)
    for number in range(100):
        contest(bag, words=f"{number} times: " + "Do not buy this. " * 20)

    bag.publish()

    page = client.get(bag.link).content

    assert page.count(b"Do not buy this.") == 20
    assert b"99 times" in page and len(page) - before < 5_000


def test_what_a_stolen_key_contested_counts_no_longer(bag):
    event = contest(bag)
    assert page_of(PACKED).story.verdict.code == "contested"
    bag.publish()
    event.refresh_from_db()
    kid = parse(bytes(event.statement)).kid
    act = acts.RevokeKey(kid=kid, since=world.at(3, 5), from_index=event.leaf.index, reason="stolen")
    registry.revoke_key(act, by=bag.log.operator)
    bag.publish()

    story = page_of(PACKED).story

    assert story.verdict.code == "one_side" and sum(step.set_aside for step in story.steps) == 1


def test_what_a_grower_agreed_is_shown_with_what_it_becomes(bag):
    got = page_of(PACKED).story.earned

    assert [str(price) for price in got.prices] == ["0.55 USD a kg of cherry"]
    assert (str(got.factor), got.so_far) == ("about 7 kg of cherry make 1 kg roasted", True)


def test_payments_are_added_up_by_the_kilogram_and_premiums_named(bag):
    pays(bag, "first", "40.00 USD")
    pays(bag, "premium", "10.70 USD", final=False)

    prices = [str(price) for price in page_of(PACKED).story.earned.prices]

    assert prices[1] == "0.60 USD a kg of cherry, 0.13 USD of it a premium"


def test_what_is_taken_off_is_taken_off(bag):
    pays(bag, "first", "50.70 USD")
    pays(bag, "deduction", "8.45 USD")

    assert str(page_of(PACKED).story.earned.prices[1]) == "0.50 USD a kg of cherry"


def shown_prices() -> list[str]:
    return [str(price) for price in page_of(PACKED).story.earned.prices]


def test_a_payment_that_is_taken_back_was_not_paid(bag):
    pays(bag, "first", "50.70 USD")
    paid = Event.objects.get(act="pay")
    original = parse(bytes(paid.statement)).event
    correction = acts.Correct(
        original=original, original_act="pay", declared_at=world.at(3, 10), reason="did_not_occur"
    )
    record_acts(WOTE, [Draft(correction)])

    assert shown_prices() == ["0.55 USD a kg of cherry"]


def test_what_the_grower_says_was_not_paid_is_not_what_the_grower_got(bag):
    pays(bag, "first", "50.70 USD")
    paid = Event.objects.get(act="pay")
    replies(bag, acts.Contest(at=world.at(3, 10), event=paid.event_id, lots=RECEIPT_LOTS, reason="not_paid"))

    assert shown_prices() == ["0.55 USD a kg of cherry"]
    assert page_of(PACKED).story.verdict.code == "contested"


def test_nobody_raises_the_price_by_paying_for_less_than_was_weighed(bag):
    pays(bag, "first", "50.70 USD", mass_mg=1)

    assert shown_prices()[1] == "0.60 USD a kg of cherry"


def test_more_taken_off_than_is_shown_as_paid_is_no_price(bag):
    pays(bag, "deduction", "8.45 USD")

    assert shown_prices() == ["0.55 USD a kg of cherry"]


def test_an_amount_that_cannot_be_added_up_is_shown_as_it_was_written(bag):
    pays(bag, "bonus", "two sacks of flour")

    assert str(page_of(PACKED).story.earned.prices[1]) == "two sacks of flour, a bonus for 84.5 kg of cherry"


def test_what_traders_pay_each_other_is_not_what_the_farmer_got(bag):
    assert "7.10 USD" not in "".join(str(price) for price in page_of(GREEN).story.earned.prices)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (Form.DRY_PARCHMENT, "about 1.5 kg of dry parchment make 1 kg roasted"),
        (Form.DRIED_CHERRY, "about 2.4 kg of dried cherry make 1 kg roasted"),
        (Form.GREEN, "about 1.2 kg of green coffee make 1 kg roasted"),
    ],
)
def test_each_form_has_its_factor(form, words):
    assert str(factor(form)) == words


def test_there_is_no_factor_for_what_growers_do_not_sell():
    assert factor(Form.CHAFF) is None
    assert 0.14 < roasted_from(Form.CHERRY) < 0.145
    assert [(str(each.step), each.low, each.high) for each in yields()][-1] == ("sorting of green coffee", 75, 98)


@pytest.fixture
def auditor(bag):
    party = registry.register_party(kind="organisation", roles=["auditor"], name="Fabula Audits", country="CH")
    today = timezone.now().date()
    act = acts.Certify(
        at=world.at(4, 2),
        scheme="Organic",
        chain="segregated",
        valid_from=today - timedelta(days=30),
        valid_to=today + timedelta(days=30),
        lots=(GREEN,),
    )
    [event] = record_acts(party, [Draft(act)])
    return party, event, today


def certificates_on(day: date) -> list[str]:
    page = page_of(PACKED)
    story = tell(page.reading, page.opened, PACKED, day)
    return [f"{one.scheme}, {one.issuer}, {one.scope}" for one in story.certificates]


def test_a_certificate_is_told_while_its_dates_hold(auditor):
    _, _, today = auditor

    assert certificates_on(today) == ["Organic, Fabula Audits, for G-0302"]
    assert certificates_on(today + timedelta(days=30)) == ["Organic, Fabula Audits, for G-0302"]
    assert certificates_on(today + timedelta(days=31)) == []
    assert certificates_on(today - timedelta(days=31)) == []


def test_a_withdrawn_certificate_is_told_no_longer(auditor):
    party, event, today = auditor
    act = acts.Withdraw(at=world.at(4, 3), certificate=event.event_id, since=today, reason="breach", lots=(GREEN,))
    record_acts(party, [Draft(act)])

    assert certificates_on(today - timedelta(days=1)) == ["Organic, Fabula Audits, for G-0302"]
    assert certificates_on(today) == []


def certifies(auditor: str, **scope) -> Event:
    """A certificate for the year of the harvest and for as long as this test may be run."""
    said = {"at": world.at(2, 1), "scheme": "Fair", "chain": "mass_balance"}
    act = acts.Certify(**{**said, "valid_from": date(2026, 1, 1), "valid_to": date(2099, 12, 31), **scope})
    [event] = record_acts(auditor, [Draft(act)])
    return event


def test_a_certificate_of_a_place_is_told_of_what_was_made_there(bag, auditor, client):
    party, _, today = auditor
    event = certifies(party, site=STATION)
    bag.publish()

    assert (
        certificates_on(today)[-1] == "Fair, Fabula Audits, for Wote Station site as a whole, not for this lot by name"
    )
    page = client.get(GREEN.removeprefix(f"https://{HOST}")).content.decode()
    assert "mass balance: the certified coffee need not be in this bag" in page
    assert f'data-leaves="{Event.objects.get(pk=event.pk).place}"' in page
    bundle = client.get(BUNDLE).json()
    assert bytes(event.statement).decode() in [jws_of(entry["statement"]) for entry in bundle["statements"]]
    assert (judge(bundle).outcome, judge(bundle).code) == ("checked", "checked")


def test_a_certificate_of_a_grower_is_told_and_one_of_whoever_only_bought_is_not(auditor):
    party, _, today = auditor
    certifies(party, party=ALMAZ)
    elsewhere = registry.register_party(kind="organisation", roles=["exporter"], name="Elsewhere", country="ET")
    certifies(party, party=elsewhere, scheme="Other")

    assert certificates_on(today)[-1] == "Fair, Fabula Audits, for Almaz as a whole, not for this lot by name"
    assert "Other" not in str(certificates_on(today))


def test_a_place_certified_only_after_the_coffee_was_made_lends_it_nothing(auditor):
    party, _, today = auditor
    certifies(party, site=STATION, valid_from=today)

    assert [told for told in certificates_on(today) if "Fair" in told] == []
    assert "Fair" not in " ".join(step.title for step in page_of(PACKED).story.steps)


@pytest.mark.parametrize("way", ["withdrawn", "taken back"])
def test_a_certificate_of_a_place_that_ended_is_told_no_longer(auditor, way):
    party, _, today = auditor
    event = certifies(party, site=STATION)
    ends = {
        "withdrawn": acts.Withdraw(
            at=world.at(4, 3), certificate=event.event_id, since=today, reason="breach", site=STATION
        ),
        "taken back": acts.Correct(
            original=dict(parse(bytes(event.statement)).event),
            original_act="certify",
            declared_at=world.at(11, 6),
            reason="did_not_occur",
        ),
    }
    record_acts(party, [Draft(ends[way])])

    assert [told for told in certificates_on(today) if "Fair" in told] == []
    assert "Fair" not in " ".join(step.title for step in page_of(PACKED).story.steps)
