"""What the index says a leaf names, against what the ledger says it names, and in the bytes."""

from dataclasses import replace

import pytest

from provenance.coffee import acts, strict_json
from provenance.coffee.epcis import event_of
from provenance.coffee.indexing import KINDS, WHOLE_LOG, keys_in, names_in, names_of
from provenance.coffee.ledger.naming import covered_by, named, refers_to
from provenance.coffee.statement import Statement
from provenance.coffee.tests.samples import CORRECT, DAY_LOT, EVENT_ACTS, LIFT, PARCHMENT, RECALL, REGISTRY
from provenance.coffee.tests.statements import ALMAZ, IAT, JTI, KID, payload_of, resealed, signed
from provenance.tlog.index import key_of


def statement_of(act: acts.Act) -> Statement:
    return signed(
        act, aud="localhost:8000/log/demo" if act.name == "genesis" else "localhost:8000/log/demo#" + 16 * "0"
    )[0]


def names_by_the_ledger(statement: Statement) -> set[tuple[str, str]]:
    """As rules and projections read it: through the act, and through the act of what it takes back."""
    said = [statement]
    if isinstance(statement.body, acts.Correct):
        said.append(signed(original_of(statement.body), jti=statement.body.original["eventID"])[0])
    names = {("act", statement.act)}
    for each in said:
        found = named(each)
        names |= {("lot", lot) for lot in found["lots"]} | {("party", party) for party in found["parties"]}
        names |= {("kid", kid) for kid in found["kids"]} | {("event", each.jti)}
        names |= {("event", event) for event in (refers_to(each.body), *covered_by(each.body)) if event}
    names |= {("registered", what) for what in registered_by(statement)}
    return names


def registered_by(statement: Statement) -> set[str]:
    match statement.body:
        case acts.Genesis(operator=uri):
            return {uri, statement.kid}
        case acts.RegisterParty(party=uri) | acts.RegisterSite(site=uri) | acts.RegisterPlot(plot=uri):
            return {uri}
        case acts.RegisterKey(kid=kid):
            return {kid}
    return set()


def original_of(correct: acts.Correct) -> acts.Act:
    event_id = str(correct.original["eventID"])
    return next(
        act
        for act in EVENT_ACTS
        if act.name == correct.original_act and event_of(act, event_id=event_id) == correct.original
    )


@pytest.mark.parametrize("act", [*EVENT_ACTS, *REGISTRY], ids=lambda act: act.name)
def test_a_leaf_names_what_its_act_names(act):
    statement = statement_of(act)

    assert names_in(statement.jws) == names_of(statement) == names_by_the_ledger(statement)
    assert {kind for kind, _ in names_in(statement.jws)} <= set(KINDS)
    assert set(keys_in(statement.jws)) == {key_of(*name) for name in names_in(statement.jws)}


def test_a_correction_names_the_lots_and_parties_of_what_it_takes_back():
    original = replace(RECALL, lots=(DAY_LOT, PARCHMENT))
    event = event_of(original, event_id="urn:uuid:00000009-5c1a-4f0e-9d2b-3a6f1e7c9b10")
    correct = acts.Correct(
        original=event, original_act="recall", declared_at=CORRECT.declared_at, reason="did_not_occur"
    )

    assert names_in(statement_of(correct).jws) == {
        ("act", "correct"),
        ("event", JTI),
        ("event", "urn:uuid:00000009-5c1a-4f0e-9d2b-3a6f1e7c9b10"),
        ("kid", KID),
        ("lot", DAY_LOT),
        ("lot", PARCHMENT),
        ("party", ALMAZ),
    }


def test_the_whole_logs_keys_are_recalls_their_ends_and_the_ends_of_keys():
    assert WHOLE_LOG == (("act", "recall"), ("act", "lift_recall"), ("act", "revoke_key"))
    assert ("act", "lift_recall") in names_in(statement_of(LIFT).jws)
    assert ("event", LIFT.recall) in names_in(statement_of(LIFT).jws)


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"no statement",
        signed()[0].jws[:-1],
        resealed([1, 2]),
        resealed({"act": 5, "jti": JTI, "iss": ALMAZ}),
        resealed({"act": "recall", "jti": JTI}),
        resealed(b'{"act":"recall","jti":"a","iss":"b","act":"sell"}'),
        b"\xff" * 300,
    ],
)
def test_what_is_no_statement_names_nothing(leaf):
    assert names_in(leaf) == frozenset()


def test_only_what_an_act_registers_by_its_own_member_is_registered():
    said = payload_of(statement_of(REGISTRY[0]))

    def registered(**told: object) -> set[str]:
        return {name for kind, name in names_in(resealed(strict_json.dumps(said | told))) if kind == "registered"}

    subject = {"party": "P", "site": {"site": "deep"}, "kid": 5, "plot": ["x"], "operator": "O"}
    assert registered(act="register_party", subject=subject) == {"P"}
    assert registered(act="register_site", subject=subject) == set()
    assert registered(act="register_key", subject=subject) == set()
    assert registered(act="genesis", subject=subject) == {"O", KID}
    assert registered(act="genesis", subject=[subject]) == set()
    assert registered(act="dispatch", subject=subject) == set()


def test_members_that_are_no_text_and_what_stands_elsewhere_name_nothing():
    told = payload_of(signed()[0]) | {"iat": IAT}
    told["event"] = {"epcClass": 7, "coffee:lot": ["x", {"coffee:lot": "y"}], "type": "upevt", "source": "z"}
    told["seen"] = {"epcClass": "not here"}

    assert {name for name in names_in(resealed(strict_json.dumps(told))) if name[0] in ("lot", "party")} == {
        ("lot", "y"),
        ("party", ALMAZ),
    }
