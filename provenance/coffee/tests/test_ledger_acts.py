"""What each act does to the balances, told in small examples."""

import pytest

from provenance.coffee import acts
from provenance.coffee.acts import Difference, Form, LossKind
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger import BalanceKey, Edge, FlagKind, Shortfall, ancestors, edges_of, needs, shortfall_flags
from provenance.coffee.tests.ledger_world import AT, KG, line, new, world


def kinds(effects):
    return [(flag.kind, flag.lot) for flag in effects.flags]


def test_a_harvest_belongs_to_the_owner_named_and_is_held_by_the_signer():
    w = world()
    w.harvest("H", 60 * KG, iss="collector", owner="farmer")
    assert w.books.balances == {BalanceKey("H", "farm", "farmer", "collector"): 60 * KG}
    assert w.books.lots["H"].opened_by == "collector"
    assert w.books.holders["H"] == {"farmer", "collector"}
    assert list(edges_of(w.books)) == []


def test_a_dispatch_is_in_transit_until_the_named_party_receives_it():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    assert w.books.balances == {BalanceKey("H", sent, "farmer", "farmer"): 60 * KG}
    assert (w.books.handovers[sent].state, w.books.handovers[sent].rest) == ("open", {"H": 60 * KG})
    w.receive("station", "washing", line("H", 25 * KG), dispatch=sent)
    assert (w.books.handovers[sent].state, w.books.handovers[sent].rest) == ("part", {"H": 35 * KG})
    w.receive("station", "washing", line("H", 35 * KG), dispatch=sent)
    assert (w.books.handovers[sent].state, w.books.handovers[sent].rest) == ("received", {"H": 0})
    assert w.books.balances == {BalanceKey("H", "washing", "station", "station"): 60 * KG}


def test_title_stays_with_the_owner_when_it_does_not_pass():
    w = world()
    w.receive("station", "washing", line("P", 10 * KG), begins=(new("P", 10 * KG, Form.DRY_PARCHMENT),))
    sent = w.dispatch("station", "washing", "mill", line("P", 10 * KG), title=False)
    w.receive("mill", "milling", line("P", 10 * KG), dispatch=sent)
    assert w.books.balances == {BalanceKey("P", "milling", "station", "mill"): 10 * KG}
    # The mill cannot give away what is not its own, whatever its dispatch says.
    sent = w.dispatch("mill", "milling", "roaster", line("P", 10 * KG), title=True)
    w.receive("roaster", "roastery", line("P", 10 * KG), dispatch=sent)
    assert w.books.balances == {BalanceKey("P", "roastery", "station", "roaster"): 10 * KG}


def test_a_guardian_passes_on_the_title_of_its_farmer():
    w = world()
    w.harvest("H", 60 * KG, iss="collector", owner="farmer")
    sent = w.dispatch("collector", "farm", "station", line("H", 60 * KG))
    w.receive("station", "washing", line("H", 60 * KG), dispatch=sent)
    assert w.books.balances == {BalanceKey("H", "washing", "station", "station"): 60 * KG}


def test_a_receipt_into_a_day_lot_states_what_was_lost_and_opens_the_lot():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    effects = w.receive(
        "station",
        "washing",
        line("H", 59 * KG),
        dispatch=sent,
        taken=(line("H", 60 * KG),),
        losses=(Difference(kind=LossKind.SPILLAGE, mass_mg=KG),),
        into=new("DAY", 59 * KG),
    )
    assert w.books.balances == {BalanceKey("DAY", "washing", "station", "station"): 59 * KG}
    assert effects.edges == (Edge(effects.event.id, "H", "DAY", 59 * KG),)
    day = w.books.lots["DAY"]
    assert (day.day_lot, day.opened_by, day.pours, day.poured_mg) == (True, "station", 1, 59 * KG)
    assert kinds(effects) == [(FlagKind.BELOW_USUAL, "H")]
    assert "station" in w.books.holders["H"]


def test_more_received_than_sent_is_a_shortfall_in_transit():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    effects = w.receive("station", "washing", line("H", 61 * KG), dispatch=sent)
    assert effects.shortfalls == {("H", sent): Shortfall("H", sent, KG, effects.event.id)}
    assert kinds(effects) == [(FlagKind.SHORTFALL, "H")]
    assert w.mass("H", "washing") == 61 * KG


def test_a_gain_above_the_ceiling_of_a_receipt_is_of_unknown_origin():
    w = world()
    w.receive("station", "washing", line("H", 100 * KG), begins=(new("H", 100 * KG),))
    sent = w.dispatch("station", "washing", "station", line("H", 100 * KG))
    effects = w.receive(
        "station",
        "washing",
        line("H", 150 * KG),
        dispatch=sent,
        taken=(line("H", 100 * KG),),
        gains=(Difference(kind=LossKind.UNEXPLAINED, mass_mg=50 * KG),),
    )
    assert effects.edges == (Edge(effects.event.id, None, "H", 47 * KG, held_mg=103 * KG),)
    assert kinds(effects) == [(FlagKind.ABOVE_CEILING, "H")]


def test_a_refused_load_goes_back_to_where_it_came_from():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    w.say("station", acts.Refuse(at=AT, site="washing", dispatch=sent, lines=(line("H", 60 * KG),), reason="quality"))
    assert w.books.balances == {BalanceKey("H", "farm", "farmer", "farmer"): 60 * KG}
    assert w.books.handovers[sent].state == "refused"


def test_a_load_lost_on_the_way_is_disposed_of_in_transit():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    w.say("farmer", acts.Dispose(at=AT, site=sent, lines=(line("H", 60 * KG),), reason="theft"))
    assert w.books.balances == {}
    assert w.books.handovers[sent].state == "lost"


def test_the_first_receipt_of_a_lot_begins_it():
    w = world()
    effects = w.receive("station", "washing", line("X", 40 * KG), begins=(new("X", 40 * KG),), from_party="farmer")
    assert w.books.balances == {BalanceKey("X", "washing", "station", "station"): 40 * KG}
    assert (w.books.lots["X"].origin, w.books.lots["X"].form, effects.edges) == (True, Form.CHERRY, ())
    w.receive("station", "washing", line("X", 2 * KG), begins=(new("X", 2 * KG),), from_party="farmer")
    assert w.mass("X") == 42 * KG
    assert w.books.shortfalls == {}


def test_a_known_lot_received_without_a_dispatch_comes_out_of_the_senders_stock():
    w = world()
    w.harvest("H", 60 * KG)
    w.receive("station", "washing", line("H", 50 * KG), from_party="farmer", title=False)
    assert w.books.balances == {
        BalanceKey("H", "farm", "farmer", "farmer"): 10 * KG,
        BalanceKey("H", "washing", "farmer", "station"): 50 * KG,
    }


def test_a_known_lot_received_without_a_dispatch_where_none_is_left_is_a_shortfall():
    w = world()
    w.harvest("H", 60 * KG)
    w.say("farmer", acts.Sell(at=AT, site="farm", lines=(line("H", 60 * KG),)))
    effects = w.receive("station", "washing", line("H", 15 * KG), from_party="farmer")
    assert w.mass("H", "washing", "station") == 15 * KG
    assert effects.shortfalls == {("H", "washing"): Shortfall("H", "washing", 15 * KG, effects.event.id)}


def test_a_dispatch_that_arrives_after_its_receipt_closes_the_shortfall():
    w = world()
    w.harvest("H", 60 * KG)
    late = "urn:uuid:late"
    receipt = w.receive("station", "washing", line("H", 60 * KG), dispatch=late).event.id
    assert w.books.shortfalls["H", late] == Shortfall("H", late, 60 * KG, receipt)
    w.dispatch("farmer", "farm", "station", line("H", 60 * KG), jti=late)
    assert w.books.balances == {BalanceKey("H", "washing", "station", "station"): 60 * KG}
    assert w.books.shortfalls["H", late].closed_by == late
    assert w.books.handovers[late].state == "received"


def test_a_harvest_that_arrives_late_closes_the_shortfall_and_its_flags():
    w = world()
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    w.receive("station", "washing", line("H", 60 * KG), dispatch=sent, into=new("DAY", 60 * KG))
    w.process("station", "washing", "pulp", [line("DAY", 60 * KG)], new("WET", 33 * KG, Form.WET_PARCHMENT))
    assert w.books.lots["H"].opened_by is None
    short = Shortfall("H", "farm", 60 * KG, sent)
    assert shortfall_flags(edges_of(w.books), w.books.shortfalls.values(), "WET") == [short]
    # The collector holds it for the farmer: the same owner's lack is made good.
    w.harvest("H", 60 * KG, iss="collector", owner="farmer")
    assert shortfall_flags(edges_of(w.books), w.books.shortfalls.values(), "WET") == []
    assert w.mass("H") == 0


def test_drawing_takes_the_signers_own_first_and_then_others_by_name():
    w = world()
    w.receive("mill", "milling", line("P", 10 * KG), begins=(new("P", 10 * KG, Form.DRY_PARCHMENT),))
    for owner in ("station", "farmer"):
        act = acts.TransferTitle(at=AT, site="milling", lines=(line("P", 3 * KG),), to_party=owner)
        w.say("mill", act)
    roast = w.process("mill", "milling", "hull_washed", [line("P", 8 * KG)], new("G", 6 * KG, Form.GREEN))
    assert w.books.balances == {
        BalanceKey("P", "milling", "station", "mill"): 2 * KG,
        BalanceKey("G", "milling", "farmer", "mill"): 2_250_000,
        BalanceKey("G", "milling", "mill", "mill"): 3 * KG,
        BalanceKey("G", "milling", "station", "mill"): 750_000,
    }
    assert roast.flags == ()


def test_what_nobody_has_is_the_single_owners_lack():
    w = world()
    w.receive("station", "washing", line("P", 10 * KG), begins=(new("P", 10 * KG, Form.DRY_PARCHMENT),))
    w.receive("mill", "milling", line("P", 10 * KG), from_party="station", title=False)
    w.process("mill", "milling", "hull_washed", [line("P", 12 * KG)], new("G", 9 * KG, Form.GREEN))
    assert w.books.balances == {
        BalanceKey("P", "milling", "station", "mill"): -2 * KG,
        BalanceKey("G", "milling", "station", "mill"): 9 * KG,
    }


def test_a_closed_day_lot_takes_no_more_and_a_wrong_seal_is_flagged():
    w = world()
    w.receive("station", "washing", line("X", 40 * KG), begins=(new("X", 40 * KG),), into=new("DAY", 40 * KG))
    act = acts.Close(at=AT, site="washing", lot="DAY", receipts=2, mass_mg=40 * KG, receipts_root="00")
    effects = w.say("station", act)
    assert kinds(effects) == [(FlagKind.CLOSE_DIFFERS, "DAY")]
    before = dict(w.books.balances)
    with pytest.raises(NotAuthorised, match="closed"):
        w.receive("station", "washing", line("Y", KG), begins=(new("Y", KG),), into=new("DAY", KG))
    assert w.books.balances == before
    w.correct(effects)
    w.receive("station", "washing", line("Y", KG), begins=(new("Y", KG),), into=new("DAY", KG))
    right = acts.Close(at=AT, site="washing", lot="DAY", receipts=2, mass_mg=41 * KG, receipts_root="00")
    assert w.say("station", right).flags == ()


def test_output_above_the_ceiling_is_of_unknown_origin_and_by_products_keep_theirs():
    w = world()
    w.receive("roaster", "roastery", line("G", 100 * KG), begins=(new("G", 100 * KG, Form.GREEN),))
    effects = w.process(
        "roaster",
        "roastery",
        "roast",
        [line("G", 100 * KG)],
        new("R", 95 * KG, Form.ROASTED),
        new("C", KG, Form.CHAFF),
    )
    assert effects.edges == (
        Edge(effects.event.id, "G", "R", 93 * KG),
        Edge(effects.event.id, None, "R", 2 * KG),
        Edge(effects.event.id, "G", "C", KG),
    )
    assert kinds(effects) == [(FlagKind.ABOVE_CEILING, "R")]


@pytest.mark.parametrize(
    ("roasted_kg", "flags"),
    [(77, [FlagKind.BELOW_USUAL]), (78, []), (89, []), (90, [FlagKind.ABOVE_USUAL]), (93, [FlagKind.ABOVE_USUAL])],
)
def test_a_yield_outside_the_usual_is_flagged_and_stands(roasted_kg, flags):
    w = world()
    w.receive("roaster", "roastery", line("G", 100 * KG), begins=(new("G", 100 * KG, Form.GREEN),))
    made = new("R", roasted_kg * KG, Form.ROASTED)
    effects = w.process("roaster", "roastery", "roast", [line("G", 100 * KG)], made)
    assert [flag.kind for flag in effects.flags] == flags
    assert effects.edges == (Edge(effects.event.id, "G", "R", roasted_kg * KG),)


def test_by_products_heavier_than_all_input_are_of_unknown_origin():
    w = world()
    w.receive("roaster", "roastery", line("G", 100 * KG), begins=(new("G", 100 * KG, Form.GREEN),))
    outputs = (new("R", 80 * KG, Form.ROASTED), new("C", 500 * KG, Form.CHAFF))
    effects = w.process("roaster", "roastery", "roast", [line("G", 100 * KG)], *outputs)
    assert [(edge.parent, edge.child, edge.mass_mg) for edge in effects.edges] == [
        ("G", "R", 80 * KG),
        ("G", "C", 20 * KG),
        (None, "C", 480 * KG),
    ]


def test_forms_that_do_not_go_together_are_flagged():
    w = world()
    w.harvest("H", 10 * KG)
    effects = w.process("farmer", "farm", "roast", [line("H", 10 * KG)], new("R", 8 * KG, Form.ROASTED))
    assert kinds(effects) == [(FlagKind.STEP_UNUSUAL, "R")]


def test_a_silo_refilled_before_it_is_empty_is_a_pool():
    w = world()
    w.receive("roaster", "roastery", line("A", 10 * KG), begins=(new("A", 10 * KG, Form.GREEN),))
    w.receive("roaster", "roastery", line("B", 10 * KG), begins=(new("B", 10 * KG, Form.GREEN),))
    first = w.process("roaster", "roastery", "store", [line("A", 10 * KG)], new("SILO", 10 * KG, Form.GREEN))
    again = w.process("roaster", "roastery", "store", [line("B", 10 * KG)], new("SILO", 10 * KG, Form.GREEN))
    assert (kinds(first), kinds(again)) == ([], [(FlagKind.POOL, "SILO")])
    assert again.edges == (Edge(again.event.id, "B", "SILO", 10 * KG, held_mg=10 * KG),)


def test_a_pack_lot_knows_its_bags_and_is_packed_once():
    w = world()
    w.receive("roaster", "roastery", line("R", 10 * KG), begins=(new("R", 10 * KG, Form.ROASTED),))
    act = acts.Pack(
        at=AT,
        site="roastery",
        inputs=(line("R", 5 * KG),),
        output=new("BAGS", 5 * KG, Form.PACKED),
        count=20,
        net_mg=250_000,
        serials_root="00",
        gtin="09506000134352",
    )
    effects = w.say("roaster", act)
    lot = w.books.lots["BAGS"]
    assert (lot.count, lot.net_mg, lot.gtin) == (20, 250_000, "09506000134352")
    with pytest.raises(NotAuthorised, match="packed once"):
        w.say("roaster", act)
    w.correct(effects)
    assert w.books.lots["BAGS"].count is None
    w.say("roaster", act)
    assert w.mass("BAGS") == 5 * KG


def test_a_sample_is_a_lot_of_its_own_or_used_up():
    w = world()
    w.receive("roaster", "roastery", line("G", 10 * KG), begins=(new("G", 10 * KG, Form.GREEN),))
    effects = w.say("roaster", acts.Sample(at=AT, site="roastery", line=line("G", KG), into="S"))
    assert effects.edges == (Edge(effects.event.id, "G", "S", KG),)
    assert (w.books.lots["S"].form, w.mass("S"), w.mass("G")) == (Form.GREEN, KG, 9 * KG)
    w.say("roaster", acts.Sample(at=AT, site="roastery", line=line("G", KG)))
    assert (w.mass("S"), w.mass("G")) == (KG, 8 * KG)


def test_a_split_keeps_owners_and_origins():
    w = world()
    w.receive("roaster", "roastery", line("G", 10 * KG), begins=(new("G", 10 * KG, Form.GREEN),))
    outputs = (new("G1", 7 * KG, Form.GREEN), new("G2", 3 * KG, Form.GREEN))
    w.say("roaster", acts.Split(at=AT, site="roastery", input=line("G", 10 * KG), outputs=outputs))
    assert w.books.balances == {
        BalanceKey("G1", "roastery", "roaster", "roaster"): 7 * KG,
        BalanceKey("G2", "roastery", "roaster", "roaster"): 3 * KG,
    }
    assert ancestors(edges_of(w.books), "G2") == {"G", "G2"}


def test_only_the_owner_changes_when_title_is_transferred():
    w = world()
    w.receive("station", "washing", line("P", 10 * KG), begins=(new("P", 10 * KG),))
    w.say("station", acts.TransferTitle(at=AT, site="washing", lines=(line("P", 4 * KG),), to_party="roaster"))
    assert w.books.balances == {
        BalanceKey("P", "washing", "roaster", "station"): 4 * KG,
        BalanceKey("P", "washing", "station", "station"): 6 * KG,
    }


def test_what_is_sold_or_disposed_of_leaves_the_trail():
    w = world()
    w.receive("roaster", "roastery", line("B", 10 * KG), begins=(new("B", 10 * KG, Form.PACKED),))
    w.say("roaster", acts.Sell(at=AT, site="roastery", lines=(line("B", 4 * KG),)))
    w.say("roaster", acts.Dispose(at=AT, site="roastery", lines=(line("B", 6 * KG),), reason="expired"))
    assert w.books.balances == {}
    sold_twice = w.say("roaster", acts.Sell(at=AT, site="roastery", lines=(line("B", 4 * KG),)))
    assert w.books.shortfalls["B", "roastery"] == Shortfall("B", "roastery", 4 * KG, sold_twice.event.id)


def test_a_recall_stands_until_it_is_lifted_or_taken_back():
    w = world()
    w.receive("roaster", "roastery", line("B", 10 * KG), begins=(new("B", 10 * KG),))
    recall = acts.Recall(at=AT, site="roastery", lots=("B",), reason="labelling")
    first = w.say("roaster", recall)
    second = w.say("roaster", recall)
    assert w.books.recalls == {"B": {first.event.id: "roaster", second.event.id: "roaster"}}
    lift = w.say("roaster", acts.LiftRecall(at=AT, site="roastery", lots=("B",), recall=first.event.id))
    assert w.books.recalls == {"B": {second.event.id: "roaster"}}
    w.correct(lift)
    w.correct(second)
    assert w.books.recalls == {"B": {first.event.id: "roaster"}}


def test_a_correction_puts_everything_back_and_lets_it_be_said_right():
    w = world()
    first = w.harvest("H", 600 * KG, "organic")
    back = w.correct(first)
    assert (w.books.balances, back.voided) == ({}, (first.event.id,))
    assert w.books.events[first.event.id].corrected_by == back.event.id
    assert (w.books.lots["H"].opened_by, w.books.lots["H"].attributes.claims) == ("farmer", ())
    w.harvest("H", 60 * KG)
    assert w.mass("H") == 60 * KG


def test_a_corrected_dispatch_is_withdrawn_and_its_receipt_short():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.say("farmer", acts.Dispatch(at=AT, site="farm", lines=(line("H", 60 * KG),), to_party="station"))
    w.receive("station", "washing", line("H", 60 * KG), dispatch=sent.event.id)
    w.correct(sent)
    assert w.books.handovers[sent.event.id].state == "withdrawn"
    assert w.books.shortfalls["H", sent.event.id].mass_mg == 60 * KG
    assert w.mass("H", "farm") == 60 * KG


def test_needs_names_everything_a_statement_is_judged_by():
    w = world()
    act = acts.Receive(
        at=AT,
        site="washing",
        lines=(line("H", KG),),
        from_party="farmer",
        dispatch="urn:uuid:d",
        into=new("DAY", KG),
    )
    said = w.statement("station", act)
    found = needs(said)
    assert found.kids == {said.kid}
    assert (found.parties, found.sites) == ({"station", "farmer"}, {"washing"})
    assert (found.lots, found.events) == ({"H", "DAY"}, {"urn:uuid:d", said.jti})
    sample = w.statement("station", acts.Sample(at=AT, site="washing", line=line("H", KG), into="S"))
    assert needs(sample).lots == {"H", "S"}


def test_effects_name_the_pages_a_statement_belongs_on():
    w = world()
    w.harvest("H", 60 * KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", 60 * KG))
    effects = w.receive("station", "washing", line("H", 60 * KG), dispatch=sent, into=new("DAY", 60 * KG))
    assert effects.subjects == {
        ("party", "farmer"),
        ("party", "station"),
        ("lot", "H"),
        ("lot", "DAY"),
        ("site", "washing"),
        ("event", sent),
    }


def test_books_hold_no_row_of_zero():
    w = world()
    w.harvest("H", 60 * KG)
    effects = w.say("farmer", acts.Sell(at=AT, site="farm", lines=(line("H", 60 * KG),)))
    key = BalanceKey("H", "farm", "farmer", "farmer")
    assert effects.balances == {key: 0}
    assert w.books.balances == {}
