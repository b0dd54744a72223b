"""No sum that follows from a statement outgrows 64 bits."""

from copy import deepcopy

import pytest

from provenance.coffee import acts
from provenance.coffee.bounds import MOST_MG
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger import BalanceKey
from provenance.coffee.tests.ledger_world import AT, KG, correction, line, new, world

AT_FARM = BalanceKey("H", "farm", "farmer", "farmer")


def with_stock(mass_mg):
    w = world()
    w.harvest("H", KG)
    w.books.balances[AT_FARM] = mass_mg
    return w


def test_a_lot_may_weigh_the_most_and_not_a_milligram_more():
    w = with_stock(MOST_MG - KG)
    w.harvest("H", KG)
    assert w.books.balances[AT_FARM] == MOST_MG

    before = deepcopy(w.books)
    with pytest.raises(NotAuthorised, match=r"more than 9,000,000,000 t in these lots together"):
        w.harvest("H", 1)
    assert w.books == before


def test_what_is_lacking_cannot_outgrow_either():
    w = with_stock(-(MOST_MG - KG))

    with pytest.raises(NotAuthorised, match="look for a wrong unit"):
        w.dispatch("farmer", "farm", "station", line("H", KG), line("H", 1))


def test_what_a_dispatch_counts_cannot_outgrow_either():
    w = with_stock(2 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", KG))
    w.receive("station", "washing", line("H", KG), dispatch=sent)
    w.books.balances[AT_FARM] = MOST_MG - 2 * KG

    with pytest.raises(NotAuthorised):
        w.receive("station", "washing", line("H", KG), dispatch=sent)


def test_a_correction_cannot_outgrow_either():
    w = world()
    said = w.harvest("H", KG)
    w.books.balances[AT_FARM] = -MOST_MG

    with pytest.raises(NotAuthorised):
        w.say("farmer", correction(said))


def test_pours_of_all_times_count():
    """A day-lot that is filled and emptied again and again keeps its count of what was poured."""
    w = world()
    w.receive("station", "washing", line("X", KG), begins=(new("X", KG),), into=new("DAY", KG))
    w.books.lots["DAY"] = w.books.lots["DAY"]._replace(poured_mg=MOST_MG)

    act = acts.Receive(at=AT, site="washing", lines=(line("Y", 1),), begins=(new("Y", 1),), into=new("DAY", 1))
    with pytest.raises(NotAuthorised):
        w.say("station", act)
