"""Coffee does not grow: half a per cent at a time neither."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from provenance.coffee import acts
from provenance.coffee.acts import Form
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger import FlagKind, LotFact, acting, booking, claims, edges_of, entry, shares
from provenance.coffee.ledger.gains import MOST, most_mg, ppm_after, with_gain, without_gain
from provenance.coffee.tests.ledger_world import AT, KG, line, new, world
from provenance.coffee.tests.replaying import replay

START_MG = 100 * KG


def with_green(mass_mg=START_MG):
    w = world()
    w.receive("roaster", "roastery", line("G0", mass_mg), begins=(new("G0", mass_mg, Form.GREEN, "organic"),))
    return w


def step(w, name, lot, made, permille, form=Form.GREEN, site=None):
    """All of a lot (at a site) becomes another, so much heavier or lighter."""
    in_mg = w.mass(lot, site)
    return w.process("roaster", "roastery", name, [line(lot, in_mg)], new(made, in_mg * permille // 1000, form))


def known_mg(w):
    """What all lots together have from where it began."""
    edges = list(edges_of(w.books))
    held = {lot: w.mass(lot) for lot in w.books.lots if w.mass(lot) > 0}
    return sum(share.mass_mg for lot, mass_mg in held.items() for share in shares(edges, lot, mass_mg) if share.origin)


def unknown_of(effects):
    return sum(edge.mass_mg for edge in effects.edges if edge.parent is None)


def test_140_steps_of_half_a_per_cent_make_no_second_lot_of_organic_coffee():
    w = with_green()
    flagged = []
    for number in range(140):
        effects = step(w, "store", f"G{number}", f"G{number + 1}", 1005)
        flagged += [number for flag in effects.flags if flag.kind is FlagKind.ABOVE_CEILING]

    assert w.mass("G140") > 2 * START_MG
    assert known_mg(w) <= START_MG * MOST // 1000
    assert flagged == list(range(5, 140))  # five times half a per cent is what storing can give at once
    edges = list(edges_of(w.books))
    assert "organic" in claims(edges, w.books.lots, "G5") and "organic" not in claims(edges, w.books.lots, "G140")


def test_a_load_that_goes_to_and_fro_does_not_grow_either():
    """What weighs more is the owner's to explain: nobody else may say that there is other coffee in his lot."""
    w = with_green()
    for _ in range(5):
        to_and_fro(w, 1005)
    assert w.mass("G0") == 102_525_124

    with pytest.raises(NotAuthorised, match="weighs more than storing can have added since it last changed"):
        to_and_fro(w, 1010)
    w.receive("mill", "milling", line("G0", w.mass("G0")), dispatch=w.said[-1].jti, into=new("M0", w.mass("G0")))
    assert known_mg(w) <= START_MG * MOST // 1000


def to_and_fro(w, permille):
    """The roaster sends the lot to the mill, which sends it back; only the mill's scale shows more."""
    mass_mg = w.mass("G0")
    sent = w.dispatch("roaster", "roastery", "mill", line("G0", mass_mg))
    weighed_mg = mass_mg * permille // 1000
    w.receive("mill", "milling", line("G0", weighed_mg), taken=(line("G0", mass_mg),), dispatch=sent)
    sent = w.dispatch("mill", "milling", "roaster", line("G0", weighed_mg))
    w.receive("roaster", "roastery", line("G0", weighed_mg), dispatch=sent)


def test_what_roasting_takes_away_begins_the_count_anew():
    w = with_green()
    step(w, "store", "G0", "G1", 1030)
    assert unknown_of(step(w, "roast", "G1", "R0", 850, Form.ROASTED)) == 0
    assert w.books.lots["R0"].gained_ppm == 0
    assert unknown_of(step(w, "store", "R0", "R1", 1030, Form.ROASTED)) == 0


def test_a_gain_that_was_typed_wrong_and_corrected_is_forgotten():
    w = with_green()
    wrong = step(w, "store", "G0", "G1", 1300)
    assert unknown_of(wrong) == START_MG * 1300 // 1000 - START_MG * MOST // 1000
    w.correct(wrong)
    right = step(w, "store", "G0", "G1", 1005)

    assert unknown_of(right) == 0
    assert w.books.lots["G1"].gained_ppm == 4_976  # 0.5 of 100.5, rounded up


def test_of_two_gains_the_one_that_stands_is_remembered_when_the_other_is_taken_back():
    fact = with_gain(with_gain(LotFact("L"), 500, "first"), 300, "second")
    assert (fact.gained_ppm, without_gain(fact, "first").gained_ppm, without_gain(fact, "second").gained_ppm) == (
        500,
        300,
        500,
    )
    assert without_gain(with_gain(fact, 700, "third"), "third").gained_ppm == 500


@pytest.mark.parametrize(("in_mg", "grown", "out_mg", "ppm"), [(0, 0, 5, 0), (100, 0, 90, 0), (100, 500, 90, 5)])
def test_what_is_lost_takes_its_part_of_the_gain_with_it(in_mg, grown, out_mg, ppm):
    assert ppm_after(in_mg, grown, out_mg) == ppm


def test_nothing_that_weighs_the_same_is_ever_too_much():
    assert most_mg(1_000, 47_620 * 1_000, 1005) == 1_000


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["store", "blend", "sort_green", "decaf", "split", "sample", "pool", "send"]),
        st.integers(960, 1040),
        st.booleans(),
    ),
    min_size=5,
    max_size=40,
)


def live(moves):
    w = with_green()
    for number, (move, permille, taken_back) in enumerate(moves):
        stock = sorted(lot for lot in w.books.lots if w.mass(lot, "roastery") > 1000)
        if stock:
            said = make_move(w, move, stock[permille % len(stock)], f"N{number}", permille)
            if taken_back:
                w.correct(said)
    assert known_mg(w) <= START_MG * MOST // 1000 + len(w.books.lots), "coffee has grown"
    again = replay(w.said)
    assert again.lots == w.books.lots and again.edges == w.books.edges


def make_move(w, move, lot, made, permille):
    mass_mg = w.mass(lot, "roastery")
    if move == "split":
        parts = (new(made, mass_mg // 3, Form.GREEN), new(made + "b", mass_mg - mass_mg // 3, Form.GREEN))
        return w.say("roaster", acts.Split(at=AT, site="roastery", input=line(lot, mass_mg), outputs=parts))
    if move == "sample":
        return w.say("roaster", acts.Sample(at=AT, site="roastery", line=line(lot, mass_mg // 2), into=made))
    if move == "send":
        sent = w.dispatch("roaster", "roastery", "roaster", line(lot, mass_mg))
        weighed = line(lot, mass_mg * permille // 1000)
        return w.receive("roaster", "roastery", weighed, taken=(line(lot, mass_mg),), dispatch=sent)
    if move == "pool":
        return step(w, "store", lot, "SILO" if lot != "SILO" else made, permille, site="roastery")
    return step(w, move, lot, made, permille, site="roastery")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(MOVES)
def test_no_way_of_storing_mixing_sending_and_correcting_makes_more_of_what_there_was(moves):
    live(moves)


def _plant_forgotten_gain(monkeypatch):
    monkeypatch.setattr(entry.Entry, "gain", lambda self, lot, ppm: None)


def _plant_ceiling_of_the_step_only(monkeypatch):
    monkeypatch.setattr(acting, "most_mg", lambda in_mg, grown, ceiling: in_mg * ceiling // 1000)


def _plant_gain_forgotten_by_any_correction(monkeypatch):
    monkeypatch.setattr(booking, "without_gain", lambda fact, event: fact._replace(gained_ppm=0))


@pytest.mark.parametrize(
    "plant", [_plant_forgotten_gain, _plant_ceiling_of_the_step_only, _plant_gain_forgotten_by_any_correction]
)
def test_a_planted_bug_lets_coffee_grow_and_is_found(plant, monkeypatch):
    plant(monkeypatch)

    @settings(max_examples=300, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(MOVES)
    def journeys(moves):
        live(moves)

    with pytest.raises(AssertionError, match="coffee has grown"):
        journeys()
