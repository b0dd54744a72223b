"""
Random journeys, judged after every step by a bookkeeping of their own; and bugs planted in the ledger it must notice.

Quantities are drawn as permille of what is left, so that most of what is said is possible.
"""

import sys
import traceback
from copy import deepcopy
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from provenance.coffee import acts
from provenance.coffee.acts import Difference, Form, LossKind, check_lines
from provenance.coffee.ledger import acting, booking, edges_of, entry, shares, shortfall_flags
from provenance.coffee.ledger.books import is_transit
from provenance.coffee.ledger.shares import ancestors, claims
from provenance.coffee.steps import STEPS
from provenance.coffee.tests.ledger_world import AT, KG, line, new, world
from provenance.coffee.tests.replaying import replay

SHARES = sys.modules[ancestors.__module__]  # the package exports a function of the module's own name
START = world()
PERMILLE = st.integers(1, 1000)
MOSTLY_POSSIBLE = st.one_of(PERMILLE, PERMILLE, PERMILLE, st.just(1000), st.integers(1001, 1500))
STEP_NAMES = st.sampled_from(["blend", "roast", "sort_cherry", "store"])
# The ledger rounds gains up to a millionth at every step.
SLACK = 1 - Fraction(1, 10_000)
CLAIMS = st.sampled_from([(), ("organic",), ("organic", "fairtrade")])
SITES = {"farm": "farmer", "washing": "station", "roastery": "roaster"}


def differences(before_mg, after_mg):
    """The losses and gains that make two masses add up."""
    kind = LossKind.UNEXPLAINED
    losses = (Difference(kind=kind, mass_mg=before_mg - after_mg),) if before_mg > after_mg else ()
    gains = (Difference(kind=kind, mass_mg=after_mg - before_mg),) if after_mg > before_mg else ()
    return {"losses": losses, "gains": gains}


def most(in_mg, gained, ceiling):
    """The most that can come of so much, a part of which was gained: two bounds, the tighter one counts."""
    at_once = in_mg * Fraction(ceiling, 1000)
    if ceiling <= 1000:
        return at_once
    return min(at_once, max(Fraction(in_mg), in_mg * (1 - gained) * Fraction(max(ceiling, 1030), 1000)))


def gained_after(in_mg, gained, out_mg):
    return gained if out_mg <= in_mg else (in_mg * gained + out_mg - in_mg) / Fraction(out_mg)


class Journeys(RuleBasedStateMachine):
    """Keeps its own count of each lot's mass, and of what each pour came from."""

    @initialize()
    def begin(self):
        self.w = deepcopy(START)
        self.number = 0
        self.mass = {}  # lot -> what there should be of it
        self.made = {}  # event -> {child: (mass, parents, most that the parents can give)}
        self.moves = {}  # event -> {lot: change}
        self.snapshots = {}  # event -> the state before it
        self.stated = {}  # lot -> claims at its beginning
        self.gains = {}  # event -> {lot: what part of its weight was gained}
        for claimed in ((), ("organic",), ("organic", "fairtrade")):
            self.harvest_lot(100 * KG + 1, claimed)
            for site in ("washing", "roastery"):
                self.begin_lot(site, 100 * KG + 1, claimed)

    def name(self, prefix):
        self.number += 1
        return f"{prefix}{self.number}"

    def say(self, iss, act, changes, made=None):
        before = self.state()
        event = self.w.say(iss, act).event.id
        self.snapshots[event] = before
        self.moves[event] = changes
        if made:
            self.made[event] = made
        for lot, mass_mg in changes.items():
            self.mass[lot] = self.mass.get(lot, 0) + mass_mg
        return event

    def state(self):
        books = self.w.books
        return (
            dict(books.balances),
            dict(books.edges),
            {key: short.mass_mg for key, short in books.shortfalls.items() if short.closed_by is None},
            {uri: (h.state, {lot: mg for lot, mg in h.rest.items() if mg}) for uri, h in books.handovers.items()},
        )

    def stocks(self, site):
        rows = self.w.books.balances.items()
        return sorted({key.lot for key, mass_mg in rows if key.site == site and mass_mg > 0})

    def gained(self, lot):
        return max((gains.get(lot, Fraction(0)) for gains in self.gains.values()), default=Fraction(0))

    def gained_of(self, lines):
        return sum(one.mass_mg * self.gained(one.lot) for one in lines) / sum(one.mass_mg for one in lines)

    def pick(self, data, site, most=1):
        """Some lots with stock at the site, and how much of each."""
        lots = self.stocks(site)
        if not lots:
            return []
        chosen = data.draw(st.lists(st.sampled_from(lots), min_size=1, max_size=most, unique=True))
        masses = [(lot, self.w.mass(lot, site) * data.draw(MOSTLY_POSSIBLE) // 1000) for lot in chosen]
        return [line(lot, mass_mg) for lot, mass_mg in masses if mass_mg > 0]

    @rule(mass_mg=st.integers(1, 500 * KG), claimed=CLAIMS)
    def harvest(self, mass_mg, claimed):
        self.harvest_lot(mass_mg, claimed)

    def harvest_lot(self, mass_mg, claimed):
        lot = self.name("H")
        self.stated[lot] = frozenset(claimed)
        self.say(
            "farmer", acts.Harvest(at=AT, site="farm", output=new(lot, mass_mg, Form.CHERRY, *claimed)), {lot: mass_mg}
        )

    @rule(data=st.data(), to=st.sampled_from(["washing", "roastery"]), title=st.booleans())
    def send(self, data, to, title):
        site = data.draw(st.sampled_from([site for site in SITES if site != to]))
        for sent in self.pick(data, site):
            act = acts.Dispatch(at=AT, site=site, lines=(sent,), to_party=SITES[to], to_site=to, title=title)
            self.say(SITES[site], act, {})

    @precondition(lambda self: any(h.state in ("open", "part") for h in self.w.books.handovers.values()))
    @rule(data=st.data(), taken=MOSTLY_POSSIBLE, weighed=st.integers(900, 1100), into=st.booleans(), back=st.booleans())
    def arrive(self, data, taken, weighed, into, back):
        waiting = [h for h in self.w.books.handovers.values() if h.state in ("open", "part")]
        handover = data.draw(st.sampled_from(sorted(waiting, key=lambda h: h.dispatch)))
        lot, rest_mg = next((lot, mg) for lot, mg in sorted(handover.rest.items()) if mg > 0)
        taken_mg = max(1, rest_mg * taken // 1000)
        if back and into:
            lines = (line(lot, taken_mg),)
            act = acts.Refuse(at=AT, site=handover.to_site, dispatch=handover.dispatch, lines=lines, reason="quality")
            self.say(handover.to_party, act, {})
            return
        weighed_mg = max(1, taken_mg * weighed // 1000)
        gained = self.gained(lot)
        known_mg = min(weighed_mg, int(most(taken_mg, gained, 1030)))
        gained = gained_after(taken_mg, gained, known_mg)
        # What outweighs a lot of somebody else cannot be added to it.
        into = into or (
            weighed_mg > known_mg * SLACK - 1
            and weighed_mg > taken_mg
            and self.w.books.lots[lot].opened_by not in (None, handover.to_party)
        )
        day = f"DAY-{handover.to_party}-{self.number // 8}"
        act = acts.Receive(
            at=AT,
            site=handover.to_site,
            dispatch=handover.dispatch,
            lines=(line(lot, weighed_mg),),
            taken=(line(lot, taken_mg),),
            into=new(day, weighed_mg) if into else None,
            **differences(taken_mg, weighed_mg),
        )
        check_lines(inputs=act.taken, outputs=(new(lot, weighed_mg),), losses=act.losses, gains=act.gains)
        if into:
            event = self.say(handover.to_party, act, {lot: -taken_mg, day: weighed_mg})
            self.made[event] = {day: (weighed_mg, {lot}, self.known(event, known_mg))}
            self.gains[event] = {day: gained}
        else:
            event = self.say(handover.to_party, act, {lot: weighed_mg - taken_mg})
            unknown_mg = sum(edge.mass_mg for edge in self.w.books.edges.get(event, ()))
            assert abs(weighed_mg - known_mg - unknown_mg) <= 1 + known_mg * (1 - SLACK)
            if unknown_mg:
                self.made[event] = {lot: (unknown_mg, set(), 0)}
            self.gains[event] = {lot: gained}

    @rule(site=st.sampled_from(["washing", "roastery"]), mass_mg=st.integers(1, 500 * KG), claimed=CLAIMS)
    def begin_with_a_receipt(self, site, mass_mg, claimed):
        self.begin_lot(site, mass_mg, claimed)

    def begin_lot(self, site, mass_mg, claimed):
        lot = self.name("X")
        self.stated[lot] = frozenset(claimed)
        begins = (new(lot, mass_mg, Form.CHERRY, *claimed),)
        act = acts.Receive(at=AT, site=site, lines=(line(lot, mass_mg),), begins=begins)
        self.say(SITES[site], act, {lot: mass_mg})

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)))
    def blend_what_is_there(self, data, site):
        self.make(data, site, "blend", 1000, 1)

    @rule(
        data=st.data(),
        site=st.sampled_from(sorted(SITES)),
        step=STEP_NAMES,
        yields=st.integers(300, 1300),
        parts=st.integers(1, 3),
    )
    def process(self, data, site, step, yields, parts):
        self.make(data, site, step, yields, parts)

    def make(self, data, site, step, yields, parts):
        inputs = self.pick(data, site, most=3)
        in_mg = sum(one.mass_mg for one in inputs)
        out_mg = in_mg * yields // 1000
        if out_mg < parts:
            return
        masses = [out_mg // parts] * (parts - 1) + [out_mg - out_mg // parts * (parts - 1)]
        outputs = tuple(new(self.name("P"), mass_mg) for mass_mg in masses)
        losses_gains = differences(in_mg, out_mg)
        check_lines(inputs=tuple(inputs), outputs=outputs, **losses_gains)
        act = acts.Process(at=AT, site=site, step=step, inputs=tuple(inputs), outputs=outputs, **losses_gains)
        parents = {one.lot for one in inputs}
        gained = self.gained_of(inputs)
        ceiling_mg = int(most(in_mg, gained, STEPS[step].ceiling))
        made = {o.lot: (o.mass_mg, parents, ceiling_mg if parts == 1 else None) for o in outputs}
        changes = {one.lot: -one.mass_mg for one in inputs} | {o.lot: o.mass_mg for o in outputs}
        event = self.say(SITES[site], act, changes, made)
        assert sum(edge.mass_mg for edge in self.w.books.edges[event]) == out_mg
        known_mg = self.known(event, min(out_mg, ceiling_mg))
        after = gained_after(in_mg, gained, known_mg) if STEPS[step].ceiling > 1000 else Fraction(0)
        self.gains[event] = {o.lot: after for o in outputs}

    def known(self, event, most_mg):
        """What the ledger says came from the inputs: as much as could, but for its rounding of gains."""
        known_mg = sum(edge.mass_mg for edge in self.w.books.edges[event] if edge.parent is not None)
        assert most_mg * SLACK - 1 <= known_mg <= most_mg + most_mg * (1 - SLACK) + 1
        return known_mg

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)), permille=PERMILLE)
    def split(self, data, site, permille):
        for one in self.pick(data, site):
            first_mg = one.mass_mg * permille // 1000
            if 0 < first_mg < one.mass_mg:
                outputs = (new(self.name("S"), first_mg), new(self.name("S"), one.mass_mg - first_mg))
                act = acts.Split(at=AT, site=site, input=one, outputs=outputs)
                made = {o.lot: (o.mass_mg, {one.lot}, o.mass_mg) for o in outputs}
                changes = {one.lot: -one.mass_mg} | {o.lot: o.mass_mg for o in outputs}
                event = self.say(SITES[site], act, changes, made)
                self.gains[event] = {o.lot: self.gained(one.lot) for o in outputs}

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)), kept=st.booleans())
    def sample(self, data, site, kept):
        for one in self.pick(data, site):
            into = self.name("T") if kept else None
            made = {into: (one.mass_mg, {one.lot}, one.mass_mg)} if into else None
            changes = {one.lot: -one.mass_mg} | ({into: one.mass_mg} if into else {})
            event = self.say(SITES[site], acts.Sample(at=AT, site=site, line=one, into=into), changes, made)
            self.gains[event] = {into: self.gained(one.lot)} if into else {}

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)))
    def dispose(self, data, site):
        for one in self.pick(data, site):
            act = acts.Dispose(at=AT, site=site, lines=(one,), reason="spoiled")
            self.say(SITES[site], act, {one.lot: -one.mass_mg})

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)))
    def sell_what_one_owns(self, data, site):
        party = SITES[site]
        for one in self.pick(data, site):
            if self.w.mass(one.lot, site, owner=party) > 0:
                self.say(party, acts.Sell(at=AT, site=site, lines=(one,)), {one.lot: -one.mass_mg})

    @rule(data=st.data(), site=st.sampled_from(sorted(SITES)), to=st.sampled_from(["mill", "roaster", "farmer"]))
    def transfer_title(self, data, site, to):
        party = SITES[site]
        for one in self.pick(data, site):
            if self.w.mass(one.lot, site, owner=party) > 0:
                self.say(party, acts.TransferTitle(at=AT, site=site, lines=(one,), to_party=to), {})

    @precondition(lambda self: self.last())
    @rule(seldom=st.integers(0, 2))
    def correct_the_last(self, seldom):
        if seldom:
            return
        event = self.last()
        before = self.snapshots[event]
        self.take_back(event)
        balances, edges, shortfalls, handovers = self.state()
        assert (balances, edges, shortfalls) == before[:3]
        handovers = {uri: now for uri, now in handovers.items() if now[0] != "withdrawn"}
        assert handovers == {uri: then for uri, then in before[3].items() if then[0] != "withdrawn"}

    @precondition(lambda self: self.moves)
    @rule(data=st.data(), seldom=st.integers(0, 4))
    def correct_any(self, data, seldom):
        if not seldom:
            self.take_back(data.draw(st.sampled_from(sorted(self.moves))))

    def last(self):
        return self.w.said[-1].jti if self.w.said[-1].jti in self.moves else None

    def take_back(self, event):
        books = self.w.books
        self.w.correct(type("Told", (), {"event": books.events[event]}))
        for lot, mass_mg in self.moves.pop(event).items():
            self.mass[lot] -= mass_mg
        self.made.pop(event, None)
        self.gains.pop(event, None)
        for lot in books.events[event].lots:
            if books.events[event].act == "harvest" or lot in self.stated and books.lots[lot].made_by is None:
                self.stated[lot] = frozenset()

    # --- what must always hold ---------------------------------------------------------------------------------------

    @invariant()
    def each_lot_weighs_what_went_in_less_what_went_out(self):
        if hasattr(self, "w"):
            found = {lot: self.w.mass(lot) for lot in self.mass}
            assert found == self.mass
            assert sum(self.w.books.balances.values()) == sum(self.mass.values())

    @invariant()
    def what_is_poured_is_accounted_for_exactly(self):
        if hasattr(self, "w"):
            for event, children in self.made.items():
                edges = self.w.books.edges[event]
                assert {edge.child for edge in edges} == set(children)
                for child, (mass_mg, parents, most_mg) in children.items():
                    own = [edge for edge in edges if edge.child == child]
                    assert sum(edge.mass_mg for edge in own) == mass_mg
                    assert {edge.parent for edge in own} - {None} <= parents
                    if most_mg is not None:
                        assert sum(edge.mass_mg for edge in own if edge.parent is not None) <= most_mg

    @invariant()
    def shares_are_exact_and_keep_the_unknown(self):
        if hasattr(self, "w"):
            edges = list(edges_of(self.w.books))
            mixes = {lot: shares(edges, lot, 250_000) for lot in list(self.mass)[-6:]}
            for found in mixes.values():
                assert sum(share.permyriad for share in found) == 10_000
                assert sum(share.mass_mg for share in found) == 250_000
            for lot in mixes:
                unknown_mg = [edge.mass_mg for edge in edges if edge.child == lot and edge.parent is None]
                if unknown_mg and not lot.startswith("DAY"):
                    own = [share.mass_mg for share in shares(edges, lot) if share.origin is None]
                    assert own, "the unknown share is missing"
                    assert own[0] >= min(unknown_mg)

    @invariant()
    def no_claim_comes_from_an_uncertified_input(self):
        if hasattr(self, "w"):
            edges = list(edges_of(self.w.books))
            poured_once = {}
            for edge in edges:
                poured_once.setdefault(edge.child, {}).setdefault(edge.event, []).append(edge.parent)
            for lot in list(self.mass)[-6:]:
                pours = list(poured_once.get(lot, {}).values())
                if len(pours) == 1 and not lot.startswith(("H", "X")):
                    for parent in pours[0]:
                        allowed = frozenset() if parent is None else self.may_claim(poured_once, parent)
                        assert claims(edges, self.w.books.lots, lot) <= allowed

    def may_claim(self, pours, lot):
        """The most a lot may ever have claimed: all that any of its origins states."""
        if lot in pours and not lot.startswith(("H", "X")):
            parents = [parent for event in pours[lot].values() for parent in event if parent is not None]
            return frozenset().union(*(self.may_claim(pours, parent) for parent in parents))
        return self.stated.get(lot, frozenset())

    @invariant()
    def nothing_lacks_without_a_shortfall_that_all_descendants_carry(self):
        if hasattr(self, "w"):
            books = self.w.books
            lacking = {}
            for key, mass_mg in books.balances.items():
                if mass_mg < 0:
                    lacking[key.lot, key.site] = lacking.get((key.lot, key.site), 0) - mass_mg
            still_open = {at: short.mass_mg for at, short in books.shortfalls.items() if short.closed_by is None}
            assert still_open == lacking
            edges = list(edges_of(books))
            for lot in list(self.mass)[-6:]:
                flagged = {short.lot for short in shortfall_flags(edges, books.shortfalls.values(), lot)}
                assert flagged == {short_lot for short_lot, _ in lacking} & ancestors(edges, lot)

    @invariant()
    def what_is_in_transit_stands_with_its_dispatch(self):
        if hasattr(self, "w"):
            books = self.w.books
            for key, mass_mg in books.balances.items():
                if is_transit(key.site):
                    assert key.lot in books.handovers[key.site].rest, mass_mg

    def teardown(self):
        if hasattr(self, "w"):
            again = replay(self.w.said)
            assert again.void == {}
            for name in ("balances", "holders", "postings", "edges", "flags", "shortfalls", "handovers", "recalls"):
                assert getattr(again, name) == getattr(self.w.books, name), name
            assert again.lots == self.w.books.lots


def run(examples, steps, phases=(Phase.generate,)):
    run_state_machine_as_test(
        Journeys,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_journeys_keep_every_promise_of_the_ledger():
    run(examples=60, steps=30)


@pytest.mark.nightly
def test_many_random_journeys_keep_every_promise_of_the_ledger():
    run(examples=3_000, steps=50, phases=(Phase.generate, Phase.shrink))


# --- planted bugs ----------------------------------------------------------------------------------------------------


def take_only_what_is_there(self, mass_mg, rows, short):
    taken = REAL_TAKE(self, mass_mg, rows, short)
    over_mg = max(0, -self.balance(short))
    self.post(short, over_mg)
    return taken


def lose_the_remainder(total, weights):
    return [total * weight // sum(weights) for weight in weights]


REAL_TAKE = entry.Entry._take


def _plant_overspend(monkeypatch):
    monkeypatch.setattr(entry.Entry, "_take", take_only_what_is_there)


def _plant_unnoticed_shortfall(monkeypatch):
    monkeypatch.setattr(booking, "_book_shortfalls", lambda made: None)


def _plant_silent_gain(monkeypatch):
    monkeypatch.setattr(acting, "_unknown", lambda step, in_mg, grown, outputs: [0] * len(outputs))


def _plant_claim_union(monkeypatch):
    monkeypatch.setattr(SHARES, "_common", lambda parts: frozenset().union(*parts))


def _plant_missing_unknown(monkeypatch):
    real = SHARES._part
    monkeypatch.setattr(SHARES, "_part", lambda mixes, edge: {} if edge.parent is None else real(mixes, edge))


def _plant_rounding_in_the_ledger(monkeypatch):
    monkeypatch.setattr(entry, "apportion", lose_the_remainder)


def _plant_rounding_in_the_shares(monkeypatch):
    monkeypatch.setattr(SHARES, "apportion", lose_the_remainder)


def _plant_half_a_correction(monkeypatch):
    real = booking._take_back

    def keep_the_edges(made, original):
        real(made, original)
        made.effects.voided = ()

    monkeypatch.setattr(booking, "_take_back", keep_the_edges)


@pytest.mark.parametrize(
    ("plant", "noticed_by"),
    [
        (_plant_overspend, "each_lot_weighs_what_went_in_less_what_went_out"),
        (_plant_unnoticed_shortfall, "nothing_lacks_without_a_shortfall_that_all_descendants_carry"),
        (_plant_silent_gain, "known"),
        (_plant_claim_union, "no_claim_comes_from_an_uncertified_input"),
        (_plant_missing_unknown, "shares_are_exact_and_keep_the_unknown"),
        (_plant_rounding_in_the_ledger, "make"),
        (_plant_rounding_in_the_shares, "shares_are_exact_and_keep_the_unknown"),
        (_plant_half_a_correction, "correct_the_last"),
    ],
)
def test_a_planted_bug_is_found(plant, noticed_by, monkeypatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError) as found:
        run(examples=60, steps=30)
    assert noticed_by in {frame.name for frame in traceback.extract_tb(found.tb)}
