"""The rule that tells a copied code from a bag that is opened now and then, with the simulation as its judge."""

import random
from datetime import date, timedelta

import pytest

from benchmarks import copied_labels
from provenance.bags.services import often
from provenance.bags.services.often import CAPACITY, DayCount, is_often

MONDAY = date(2026, 11, 2)


def days(*counts: int, country: str = "AT", step: int = 1) -> list[DayCount]:
    return [DayCount(MONDAY + timedelta(days=step * number), country, n) for number, n in enumerate(counts) if n]


def test_twenty_openings_are_often_at_whatever_pace_up_to_two_in_five_days():
    assert is_often(days(20))
    assert is_often(days(*[1] * 20))
    assert is_often(days(*[1] * 20, step=2))


def test_openings_run_out_so_a_bag_on_a_kitchen_table_is_never_often():
    assert not is_often(days(*[1] * 50, step=18))
    assert not is_often([*days(10), DayCount(MONDAY + timedelta(days=400), "AT", 10)])


def test_a_household_with_guests_is_not_often():
    assert not is_often(days(3, 0, 0, 1, 0, 9, 0, 0, 1))


def test_each_country_beyond_the_third_counts_once_more():
    abroad = ["AT", "DE", "CH", "FR", "IT", "ES", "PT", "GB", "JP", "US"]

    assert is_often([DayCount(MONDAY, country, 1) for country in abroad])
    assert not is_often([DayCount(MONDAY, country, 1) for country in abroad[:9]])
    assert not is_often(days(10))


def test_an_unknown_country_is_none_beyond_the_third():
    assert not is_often([DayCount(MONDAY + timedelta(days=number), "", 1) for number in range(12)])


def test_where_bags_are_opened_more_often_it_takes_more():
    assert is_often(days(20), usual=8)
    assert not is_often(days(20), usual=15)
    assert is_often(days(30), usual=15)


def test_the_order_of_the_rows_does_not_matter():
    rows = days(5, 0, 6, 0, 7)

    assert is_often(rows) and is_often(rows[::-1])


@pytest.mark.parametrize("kind", copied_labels.HONEST)
def test_honest_bags_of_each_kind_live_the_life_that_was_assumed(kind):
    weight, life = copied_labels.HONEST[kind]
    rng = random.Random(kind)

    openings = [opening for _ in range(50) for opening in life(rng)]

    assert 0 < weight < 1
    assert all(0 <= day < 200 and len(country) == 2 for day, country in openings)
    assert sum(weight for weight, _ in copied_labels.HONEST.values()) == pytest.approx(1)


def judged(bags: int = 600, attacks: int = 60) -> tuple[float, int]:
    """The part of a market's bags that are taken for copied; the copied codes of 180 that 20 openings do not show."""
    rng = random.Random(7)
    false = sum(
        weight * copied_labels.false_alarms(rng, life, bags) / bags for weight, life in copied_labels.HONEST.values()
    )
    slow = [copied_labels.Attack(90, 0.05, 1), copied_labels.Attack(30, 0.1, 1), copied_labels.Attack(7, 0.3, 10)]
    found = [copied_labels.noticed_at(attack.openings(rng)) for attack in slow for _ in range(attacks)]
    return false, sum(number is None or number > copied_labels.WITHIN for number in found)


def test_copies_are_noticed_within_twenty_openings_and_shelves_are_not():
    false, missed = judged()

    assert false < 0.01
    assert missed <= 2


# Planted bugs: a rule that is a little wrong must fail the simulation.


def test_a_bucket_too_small_takes_honest_bags_for_copied(monkeypatch):
    monkeypatch.setattr(often, "CAPACITY", 12.0)

    assert judged(attacks=1)[0] >= 0.01


def test_a_bucket_too_large_misses_copies(monkeypatch):
    monkeypatch.setattr(often, "CAPACITY", CAPACITY + 2)

    assert judged(bags=1)[1] > 10


def test_a_bucket_that_leaks_too_much_misses_copies(monkeypatch):
    monkeypatch.setattr(often, "LEAK", 0.2)

    assert judged(bags=1)[1] > 10


def test_a_bucket_that_does_not_leak_takes_honest_bags_for_copied(monkeypatch):
    monkeypatch.setattr(often, "LEAK", 0.0)
    monkeypatch.setattr(often, "CAPACITY", 14.0)

    assert judged(attacks=1)[0] >= 0.01


def test_the_interval_of_a_part_is_wilsons():
    low, high = copied_labels.wilson(8, 1000)

    assert (round(low, 5), round(high, 5)) == (0.00406, 0.01571)
    assert copied_labels.wilson(0, 100)[0] == 0.0
