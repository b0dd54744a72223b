"""Whose coffee is in a lot: exact shares, claims and inherited attributes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee.acts import Attributes, Form
from provenance.coffee.ledger import Edge, LotFact, Share, apportion, attributes, claims, edges_of, shares
from provenance.coffee.tests.ledger_world import KG, line, new, world


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any))
def test_apportioned_parts_sum_exactly_and_are_less_than_one_off(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_equal_remainders_go_to_the_earlier():
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]


def test_a_lot_without_parents_is_its_own_origin():
    assert shares([], "H") == [Share("H", 1, 10_000)]
    assert shares([], "H", 250_000_000) == [Share("H", 250_000_000, 10_000)]


def test_one_part_in_two_hundred_is_kept():
    edges = [Edge("e", "A", "MIX", 199), Edge("e", "B", "MIX", 1)]
    assert shares(edges, "MIX") == [Share("A", 199, 9_950), Share("B", 1, 50)]
    assert shares(edges, "MIX", 250_000) == [Share("A", 248_750, 9_950), Share("B", 1_250, 50)]


def test_three_equal_origins_total_exactly_one_hundred_per_cent():
    edges = [Edge("e", name, "MIX", 1) for name in "ABC"]
    assert [share.permyriad for share in shares(edges, "MIX")] == [3_334, 3_333, 3_333]


def test_the_unknown_stands_last_and_travels_on():
    edges = [Edge("1", "A", "R", 1), Edge("1", None, "R", 3), Edge("2", "R", "P", 8)]
    assert shares(edges, "P") == [Share("A", 2, 2_500), Share(None, 6, 7_500)]


def test_a_draw_carries_the_mix_of_its_moment():
    edges = [
        Edge("1", "A", "SILO", 100),
        Edge("2", "SILO", "EARLY", 50),
        Edge("3", "B", "SILO", 50, held_mg=50),
        Edge("4", "SILO", "LATE", 100),
    ]
    assert shares(edges, "EARLY") == [Share("A", 50, 10_000)]
    assert shares(edges, "LATE") == [Share("A", 50, 5_000), Share("B", 50, 5_000)]


def test_a_silo_that_was_empty_keeps_nothing_of_what_was_in_it():
    edges = [Edge("1", "A", "SILO", 100), Edge("2", "B", "SILO", 50, held_mg=0)]
    assert shares(edges, "SILO") == [Share("B", 50, 10_000)]


def test_a_pour_that_was_corrected_away_leaves_no_share():
    edges = [Edge("2", "B", "DAY", 100, held_mg=100), Edge("3", "C", "DAY", 100, held_mg=200)]
    assert shares(edges, "DAY") == [Share("B", 100, 5_000), Share("C", 100, 5_000)]


def test_an_unknown_gain_leaves_the_rest_of_a_harvest_its_own():
    edges = [Edge("1", None, "H", 47, held_mg=103), Edge("2", "H", "DAY", 150)]
    assert shares(edges, "DAY") == [Share("H", 103, 6_867), Share(None, 47, 3_333 - 200)]


def test_six_hundred_deliveries_ten_steps_deep_are_quick():
    edges = [Edge(f"r{n}-{d}", f"H{n}-{d}", f"DAY{d}", 40 * KG, n * 40 * KG) for d in range(5) for n in range(600)]
    edges += [Edge("blend", f"DAY{d}", "STEP0", 100 * KG + d) for d in range(5)]
    edges += [Edge(f"s{n}", f"STEP{n}", f"STEP{n + 1}", 400 * KG - n) for n in range(10)]
    start = time.perf_counter()
    found = shares(edges, "STEP10")
    seconds = time.perf_counter() - start
    assert len(found) == 3_000
    assert sum(share.permyriad for share in found) == 10_000
    assert sum(share.mass_mg for share in found) == 400 * KG - 9
    assert seconds < 5


def lot(uri, *claimed, **said):
    return LotFact(uri, Form.CHERRY, attributes=Attributes(claims=claimed, **said))


LOTS = {
    fact.uri: fact
    for fact in (
        lot("A", "organic", "fairtrade", country="ET", region="Sidama", variety=("heirloom",), altitude_m=(1800, 1900)),
        lot("B", "organic", country="ET", region="Guji", variety=("74110",), altitude_m=(1700, 1850)),
        lot("C", country="ET"),
        lot("MIX", "rainforest", process="washed"),
    )
}


@pytest.mark.parametrize(
    ("parents", "common"),
    [(["A"], {"organic", "fairtrade"}), (["A", "B"], {"organic"}), (["A", "C"], set()), (["A", None], set())],
)
def test_a_blend_may_claim_what_all_its_inputs_may(parents, common):
    edges = [Edge("e", parent, "MIX", 10) for parent in parents]
    assert claims(edges, LOTS, "MIX") == common


def test_a_refilled_lot_loses_the_claims_its_refill_lacks_and_regains_them_when_emptied():
    edges = [Edge("1", "A", "MIX", 10), Edge("2", "C", "MIX", 10, held_mg=1)]
    assert claims(edges, LOTS, "MIX") == set()
    assert claims([*edges, Edge("3", "B", "MIX", 10)], LOTS, "MIX") == {"organic"}


def test_attributes_are_inherited_where_all_inputs_agree():
    edges = [Edge("e", "A", "MIX", 10), Edge("e", "B", "MIX", 10)]
    assert attributes(edges, LOTS, "MIX") == Attributes(
        country="ET", process="washed", variety=("74110", "heirloom"), altitude_m=(1700, 1900), claims=("organic",)
    )
    unknown = [*edges, Edge("e", None, "MIX", 1)]
    assert attributes(unknown, LOTS, "MIX") == Attributes(process="washed")


def test_shares_total_exactly_after_gains_and_losses_all_the_way():
    w = world()
    for number, mass_mg in enumerate((33_333_333, 33_333_334, 7)):
        w.harvest(f"H{number}", mass_mg)
        sent = w.dispatch("farmer", "farm", "station", line(f"H{number}", mass_mg))
        w.receive("station", "washing", line(f"H{number}", mass_mg), dispatch=sent, into=new("DAY", mass_mg))
    total = 66_666_674
    w.process("station", "washing", "sort_cherry", [line("DAY", total)], new("GAINED", total * 104 // 100))
    w.process("station", "washing", "blend", [line("GAINED", 1_000_003)], new("LITTLE", 999_999))
    found = shares(edges_of(w.books), "LITTLE")
    assert [share.origin for share in found] == ["H1", "H0"]
    assert (sum(share.mass_mg for share in found), sum(share.permyriad for share in found)) == (999_999, 10_000)
