"""The law, act by act: somebody who may say it, and everybody and everything that is refused."""

from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest

from provenance.coffee import acts
from provenance.coffee.acts import ACTS, Form
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger import Books, LogFact
from provenance.coffee.rules import RULES, authorise, check_key
from provenance.coffee.tests.ledger_world import (
    AT,
    KG,
    World,
    correction,
    genesis,
    kid_of,
    line,
    new,
    world,
    x_of,
)
from provenance.coffee.tests.replaying import replay
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner

SENT = "urn:uuid:sent"
RECALL = "urn:uuid:recall"
BOUGHT = "urn:uuid:bought"
KEPT = "urn:uuid:kept"
CERTIFIED = "urn:uuid:certified"


def prepared() -> World:
    """What acts are about: harvests, a load on its way, a day-lot, stock of one's own and of others, a recall."""
    w = world()
    w.say("operator", acts.RegisterParty(party="stranger", kind="person", roles=("farmer",)))
    w.register_key("stranger")
    w.say("stranger", acts.RegisterSite(site="elsewhere", party="stranger", kind="warehouse"))
    w.harvest("H", 60 * KG)
    w.harvest("LEFT", 10 * KG)
    w.dispatch("farmer", "farm", "station", line("H", 60 * KG), jti=SENT)
    w.receive(
        "station", "washing", line("X", 40 * KG), begins=(new("X", 40 * KG),), into=new("DAY", 40 * KG), jti=BOUGHT
    )
    w.receive("station", "washing", line("P", 20 * KG), begins=(new("P", 20 * KG, Form.DRY_PARCHMENT),))
    to_mill = w.dispatch("station", "washing", "mill", line("P", 10 * KG), title=False)
    w.receive("mill", "milling", line("P", 10 * KG), dispatch=to_mill, jti=KEPT)
    w.say("station", acts.Recall(at=AT, site="washing", lots=("P",), reason="quality"), jti=RECALL)
    w.say("auditor", certify(), jti=CERTIFIED)
    return w


DAY = date(2026, 1, 5)


def certify(*lots, **scope):
    lots = lots or (() if scope else ("P",))
    return acts.Certify(at=AT, scheme="organic", chain="segregated", valid_from=DAY, valid_to=DAY, lots=lots, **scope)


READY = prepared()


def process(site, lot, out, form=Form.GREEN):
    made = (new(out, KG, form),)
    return acts.Process(at=AT, site=site, step="hull_washed", inputs=(line(lot, KG),), outputs=made)


def harvest(lot="NEW", site="farm", **more):
    return acts.Harvest(at=AT, site=site, output=new(lot, KG), **more)


def dispatch(site="farm", lot="LEFT", to_party="station", **more):
    return acts.Dispatch(at=AT, site=site, lines=(line(lot, KG),), to_party=to_party, **more)


def receive(site="washing", lot="H", dispatch=SENT, **more):
    return acts.Receive(at=AT, site=site, lines=(line(lot, KG),), dispatch=dispatch, **more)


def refuse(dispatch=SENT):
    return acts.Refuse(at=AT, site="washing", dispatch=dispatch, lines=(line("H", KG),), reason="quality")


def title(site="milling", to_party="roaster", **more):
    return acts.TransferTitle(at=AT, site=site, lines=(line("P", KG),), to_party=to_party, **more)


def close(lot="DAY"):
    return acts.Close(at=AT, site="washing", lot=lot, receipts=1, mass_mg=40 * KG, receipts_root="00")


def split(site, lot, out):
    return acts.Split(at=AT, site=site, input=line(lot, KG), outputs=(new(out, KG),))


def pack(site, lot, out):
    return acts.Pack(
        at=AT, site=site, inputs=(line(lot, KG),), output=new(out, KG), count=4, net_mg=250_000, serials_root="00"
    )


def sample(site, lot, into=None):
    return acts.Sample(at=AT, site=site, line=line(lot, KG), into=into)


def grade(lot="P", site="washing"):
    return acts.Grade(at=AT, site=site, lot=lot, protocol="sca", results=(("score_centi", 8500),))


def document(*lots, site=None):
    return acts.AttachDocument(
        at=AT, site=site, lots=lots, kind="certificate", sha256="00", media_type="application/pdf"
    )


def sell(site, **more):
    return acts.Sell(at=AT, site=site, lines=(line("P", KG),), **more)


def dispose(site, lot="P"):
    return acts.Dispose(at=AT, site=site, lines=(line(lot, KG),), reason="spoiled")


def recall(lot="P"):
    return acts.Recall(at=AT, site="washing", lots=(lot,), reason="quality")


def lift(event=RECALL):
    return acts.LiftRecall(at=AT, site="washing", lots=("P",), recall=event)


def pay(delivery=BOUGHT, lots=("X", "DAY")):
    return acts.Pay(at=AT, kind="first", deliveries=(delivery,), lots=lots, form=Form.CHERRY, mass_mg=40 * KG)


def confirm(event=SENT, lots=("H",)):
    return acts.Confirm(at=AT, event=event, lots=lots)


def contest(event=SENT, lots=("H",)):
    return acts.Contest(at=AT, event=event, lots=lots, reason="weight")


def withdraw(certificate=CERTIFIED, lots=("P",)):
    return acts.Withdraw(at=AT, certificate=certificate, since=DAY, reason="ended", lots=lots)


def erased():
    return acts.Erased(digests=("0" * 43,))


def party(uri="somebody", **more):
    return acts.RegisterParty(party=uri, kind="person", roles=("farmer",), **more)


def site(uri="hut", party="farmer"):
    return acts.RegisterSite(site=uri, party=party, kind="farm")


def plot(uri="field", site="farm"):
    return acts.RegisterPlot(plot=uri, site=site, country="ET", area_m2=9_000)


def revoke(name, from_index=0):
    return acts.RevokeKey(kid=kid_of(name), since=AT, from_index=from_index, reason="lost")


def index(upto=50):
    return acts.Index(v=1, upto=upto, root=x_of("farmer"))


def correct_harvest(**changes):
    event = next(event for event in READY.books.events.values() if event.lots == ("LEFT",))
    return replace(correction(type("Told", (), {"event": event})), **changes)


FARM_REGISTERED = next(said.jti for said in READY.said if getattr(said.body, "site", "") == "farm")

ALLOWED = [
    ("operator", party()),
    ("collector", party(guardian="collector")),
    ("operator", party("operator")),
    ("farmer", site()),
    ("collector", site()),
    ("operator", site()),
    ("farmer", plot()),
    ("collector", plot()),
    ("operator", plot()),
    ("farmer", revoke("farmer")),
    ("collector", revoke("farmer")),
    ("operator", revoke("farmer")),
    ("farmer", harvest()),
    ("collector", harvest(owner="farmer")),
    ("farmer", harvest("LEFT")),
    ("farmer", dispatch()),
    ("mill", dispatch("milling", "P")),
    ("station", receive()),
    ("station", receive(lot="UNHEARD", dispatch=None)),
    ("station", receive(dispatch="urn:uuid:not-yet-synced")),
    ("station", receive(into=new("DAY", KG))),
    ("station", refuse()),
    ("station", title("washing")),
    ("station", title(custodian="mill")),
    ("station", close()),
    ("mill", process("milling", "P", "G")),
    ("station", process("washing", "NEVER-RECORDED", "G")),
    ("station", split("washing", "P", "P2")),
    ("station", pack("washing", "P", "BAGS")),
    ("station", grade()),
    ("mill", grade(site="milling")),
    ("auditor", grade()),
    ("station", sample("washing", "P", "S")),
    ("station", document("P")),
    ("auditor", document("P")),
    ("farmer", document(site="farm")),
    ("collector", document(site="farm")),
    ("station", sell("washing")),
    ("station", sell("milling")),
    ("mill", dispose("milling")),
    ("station", dispose("milling")),
    ("farmer", dispose(SENT, "H")),
    ("station", recall()),
    ("mill", recall()),
    ("station", lift()),
    ("station", pay()),
    ("station", pay(SENT, ("H",))),
    ("station", confirm()),
    ("mill", confirm(RECALL, ("P",))),
    ("station", contest()),
    ("station", contest(CERTIFIED, ("P",))),
    ("station", contest(KEPT, ("P",))),
    ("farmer", contest(FARM_REGISTERED, ())),
    ("auditor", certify()),
    ("auditor", certify(site="washing")),
    ("auditor", certify(party="station")),
    ("auditor", withdraw()),
    ("operator", erased()),
    ("farmer", correct_harvest()),
]

REFUSED = [
    ("station", party(), "operator, or the guardian"),
    ("station", party(guardian="collector"), "operator, or the guardian"),
    ("operator", party("farmer"), "already"),
    ("station", site(), "Only the party itself"),
    ("farmer", site("farm"), "already"),
    ("operator", site(party="nobody"), "not registered as a party"),
    ("station", plot(), "Only the party itself"),
    ("farmer", plot(site="nowhere"), "not registered as a site"),
    ("station", revoke("farmer"), "Only the party itself"),
    ("farmer", revoke("nobody"), "not registered"),
    ("operator", genesis(), "comes first"),
    ("station", index(), "leaf 0 names"),
    ("station", harvest(), "collector"),
    ("farmer", harvest(site="nowhere"), "not registered"),
    ("collector", harvest(owner="station"), "belongs to"),
    ("collector", harvest("LEFT"), "somebody else's lot"),
    ("farmer", harvest("X", owner="farmer"), "somebody else's lot"),
    ("stranger", dispatch(), "Only the custodian"),
    ("station", dispatch(), "Only the custodian"),
    ("farmer", dispatch(site="nowhere"), "not registered"),
    ("farmer", dispatch(to_party="nobody"), "not registered"),
    ("farmer", dispatch(to_site="nowhere"), "not registered"),
    ("mill", receive(site="milling"), "sent to"),
    ("farmer", receive(site="farm"), "sent to"),
    ("mill", receive(lot="UNHEARD", dispatch=None), "site of your own"),
    ("mill", receive(dispatch="urn:uuid:not-yet-synced"), "site of your own"),
    ("station", receive(dispatch=RECALL), "is none"),
    ("station", receive(site="nowhere"), "not registered"),
    ("station", receive(into=new("LEFT", KG)), "somebody else's lot"),
    ("station", receive(into=new("P", KG)), "pour into a new lot"),
    ("station", receive(lot="DAY", dispatch=None, into=new("DAY", KG)), "made from itself"),
    ("mill", refuse(), "sent to"),
    ("station", refuse(RECALL), "no dispatch"),
    ("mill", title(), "Only the owner"),
    ("stranger", title("washing"), "Only the owner"),
    ("station", title("washing", to_party="nobody"), "not registered"),
    ("station", title("washing", custodian="nobody"), "not registered"),
    ("mill", close(), "Only the custodian"),
    ("station", close("P"), "no day-lot of yours"),
    ("stranger", process("milling", "P", "G"), "Only the custodian"),
    ("station", process("milling", "P", "G"), "Only the custodian"),
    ("mill", process("milling", "P", "DAY"), "somebody else's lot"),
    ("station", process("washing", "P", "P"), "made from itself"),
    ("mill", split("washing", "P", "P2"), "Only the custodian"),
    ("station", split("washing", "P", "X"), "pour into a new lot"),
    ("mill", pack("washing", "P", "BAGS"), "Only the custodian"),
    ("station", pack("washing", "P", "DAY"), "packed once"),
    ("stranger", grade(), "auditor"),
    ("auditor", grade(site="nowhere"), "not registered"),
    ("stranger", sample("washing", "P"), "Only the custodian"),
    ("station", sample("washing", "P", "LEFT"), "somebody else's lot"),
    ("stranger", document("P"), "auditor"),
    ("station", document(site="farm"), "Only the party itself"),
    ("mill", sell("milling"), "Only the owner"),
    ("mill", sell("milling", owner="station"), "pass the title"),
    ("stranger", sell("washing"), "Only the owner"),
    ("stranger", dispose("milling"), "custodian or the owner"),
    ("station", dispose(SENT, "H"), "custodian or the owner"),
    ("roaster", recall(), "present or past owner"),
    ("auditor", recall(), "present or past owner"),
    ("mill", lift(), "whoever recalled"),
    ("station", lift(SENT), "whoever recalled"),
    ("operator", pay(), "Only whoever bought"),
    ("mill", pay(KEPT, ("P",)), "Only whoever bought"),
    ("station", pay(KEPT, ("P",)), "Only whoever bought"),
    ("farmer", pay(SENT, ("H",)), "Only whoever bought"),
    ("station", pay(RECALL, ("P",)), "Only whoever bought"),
    ("station", pay("urn:uuid:none"), "no such delivery"),
    ("station", pay(lots=("X",)), "all of them, and no others"),
    ("stranger", confirm(), "Only a party that the event names"),
    ("farmer", confirm(), "correct it"),
    ("station", confirm("urn:uuid:none"), "no such event"),
    ("stranger", contest(), "Only a party that the event names"),
    ("collector", contest(), "Only a party that the event names"),
    ("farmer", contest(), "correct it"),
    ("station", contest("urn:uuid:none"), "no such event"),
    ("station", contest(lots=()), "all of them, and no others"),
    ("station", contest(lots=("H", "P")), "all of them, and no others"),
    ("station", certify("H"), "Only an auditor"),
    ("auditor", certify(site="nowhere"), "not registered"),
    ("auditor", certify(party="nobody"), "not registered"),
    ("auditor", certify(party="auditor"), "Nobody may certify himself"),
    ("station", withdraw(), "Only whoever issued"),
    ("auditor", withdraw(SENT, ("H",)), "no such certificate"),
    ("auditor", withdraw(lots=("H",)), "names the lots"),
    ("station", erased(), "Only the operator"),
    ("collector", correct_harvest(), "Only whoever signed"),
    ("farmer", correct_harvest(original={"eventID": "urn:uuid:none"}), "no such event"),
    ("farmer", correct_harvest(original={**correct_harvest().original, "body": "other"}), "does not repeat"),
    ("farmer", correct_harvest(original_act="dispatch"), "does not repeat"),
]


def name_of(case):
    return f"{case[0]}-{case[1].name}"


@pytest.mark.parametrize("case", ALLOWED, ids=name_of)
def test_who_may_say_it_is_heard(case):
    w = deepcopy(READY)
    effects = w.say(*case)
    assert w.books.events[effects.event.id].act == case[1].name


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_who_may_not_say_it_changes_nothing(case):
    iss, act, words = case
    w = deepcopy(READY)
    with pytest.raises(NotAuthorised, match=words):
        w.say(iss, act)
    assert w.books == READY.books


def test_every_act_has_its_rule_and_both_kinds_of_case():
    assert RULES.keys() == ACTS.keys()
    apart = {"genesis", "register_key", "correct", "index", "succession"}  # told below and above
    assert {act.name for _, act in ALLOWED} >= ACTS.keys() - apart
    assert {act.name for _, act, _ in REFUSED} >= ACTS.keys() - {"register_key", "succession"}


def test_a_genesis_is_signed_with_the_key_it_names():
    fresh = World(Books())
    with pytest.raises(NotAuthorised, match="signed by the operator"):
        fresh.say("operator", replace(genesis(), operator_jwk=x_of("farmer")))
    with pytest.raises(NotAuthorised, match="signed by the operator"):
        fresh.say("farmer", genesis())
    with pytest.raises(NotAuthorised, match="comes first"):
        fresh.judge(fresh.statement("operator", genesis()), index=3)
    assert fresh.books == Books()
    fresh.say("operator", genesis())
    assert fresh.books.operator == "operator"


def test_an_index_is_signed_with_the_key_of_leaf_0_and_covers_all_before_it():
    w = World(Books())
    w.judge(w.statement("operator", genesis()), index=0)
    w.register_key("operator", name="second")
    with pytest.raises(NotAuthorised, match="leaf 0 names"):
        w.judge(w.statement("operator", index(2), kid=kid_of("second")), index=2)
    for place in (1, 3, None):
        with pytest.raises(NotAuthorised, match="all leaves before it"):
            w.judge(w.statement("operator", index(2)), index=place)
    assert w.judge(w.statement("operator", index(2)), index=2).subjects == {("party", "operator")}


def log_keys(number):
    return [
        NamedSigner(f"localhost:8000/log/test/{number}", KeyType.ED25519, Ed25519Signer(bytes([number]) * 32)),
        NamedSigner(
            f"localhost:8000/log/test/{number}", KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(bytes([number]) * 32)
        ),
    ]


def note_of(number, size, signers=None):
    checkpoint = Checkpoint(f"localhost:8000/log/test/{number}", size, bytes(32))
    return sign_checkpoint(checkpoint, signers or log_keys(number), 1_800_000_000).decode()


def vkeys_of(number):
    return tuple(signer.verifier.vkey for signer in log_keys(number))


def succession(number=2, size=2, **changed):
    said = {
        "origin": f"localhost:8000/log/test/{number}",
        "keys": vkeys_of(number),
        "retired": note_of(number - 1, size),
        "lost": 0,
    }
    return acts.Succession(**said | changed)


def series():
    """A log of two leaves, about to be retired."""
    w = World(Books())
    begun = replace(genesis(), vkeys=tuple(vkeys_of(number) for number in (1, 2, 3)))
    w.judge(w.statement("operator", begun), index=0)
    w.judge(w.statement("operator", acts.RegisterParty(party="mill", kind="organisation", roles=("mill",))), index=1)
    return w


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"origin": "localhost:8000/log/test/3"}, "succeeded by the next number"),
        ({"origin": "localhost:8000/log/other/2"}, "succeeded by the next number"),
        ({"keys": vkeys_of(3)}, "keys that leaf 0 of the series lists"),
        ({"keys": vkeys_of(4)}, "keys that leaf 0 of the series lists"),
        ({"keys": vkeys_of(2)[:1]}, "keys that leaf 0 of the series lists"),
        ({"retired": note_of(1, 2, log_keys(2))}, "did not sign the checkpoint"),
        ({"retired": note_of(1, 2, log_keys(1)[:1])}, "did not sign the checkpoint"),
        ({"retired": note_of(2, 2)}, "did not sign the checkpoint"),
        ({"retired": "nonsense\n"}, "did not sign the checkpoint"),
        ({"retired": note_of(1, 1)}, "follows the last leaf"),
        ({"retired": note_of(1, 3)}, "follows the last leaf"),
    ],
)
def test_a_succession_quotes_the_retired_log_and_takes_only_keys_that_were_listed(changed, match):
    w = series()

    with pytest.raises(NotAuthorised, match=match):
        w.judge(w.statement("operator", succession(**changed)), index=2)

    assert w.books.log.origin == "localhost:8000/log/test/1"


def test_a_series_goes_on_as_long_as_its_leaf_0_lists_keys():
    w = series()
    for number, place in ((2, 2), (3, 5)):
        w.judge(w.statement("operator", succession(number, 2 if number == 2 else 3)), index=place)
        assert w.books.log == LogFact(
            f"localhost:8000/log/test/{number}", kid_of("operator"), tuple(map(vkeys_of, range(number, 4))), place
        )
        w.judge(w.statement("operator", index(1)), index=place + 1)
        with pytest.raises(NotAuthorised, match="all leaves before it"):
            w.judge(w.statement("operator", index(place + 2)), index=place + 2)
        w.register_key("operator", name=f"key {number}")

    with pytest.raises(NotAuthorised, match="another series has to begin"):
        w.judge(w.statement("operator", succession(4, 3)), index=8)


def test_only_the_operator_begins_a_further_log_and_with_the_key_that_will_sign_its_index():
    w = series()
    w.register_key("operator", name="second")
    w.register_key("mill")
    with pytest.raises(NotAuthorised, match="Only the operator may begin"):
        w.judge(w.statement("mill", succession()), index=2)
    w.say("operator", revoke("operator"))
    with pytest.raises(NotAuthorised, match="is revoked"):
        w.judge(w.statement("operator", succession()))
    w.judge(w.statement("operator", succession(), kid=kid_of("second")), index=2)

    with pytest.raises(NotAuthorised, match="is revoked"):
        w.judge(w.statement("operator", index(1)))
    assert w.judge(w.statement("operator", index(1), kid=kid_of("second")), index=3).event.act == "index"


@pytest.mark.parametrize("by", ["operator", "collector", "farmer"])
def test_a_further_key_is_registered_by_operator_guardian_or_party(by):
    w = world()
    w.register_key("farmer", by=by, name="second phone")
    w.say("farmer", harvest(), kid=kid_of("second phone"))
    assert w.mass("NEW") == KG


def test_a_key_is_registered_by_nobody_else_and_once_and_with_its_own_proof():
    w = world()
    for party_, by, name, words in (
        ("farmer", "station", "second phone", "Only the party itself"),
        ("station", "operator", "farmer", "one party for ever"),
        ("nobody", "operator", "second phone", "not registered as a party"),
    ):
        with pytest.raises(NotAuthorised, match=words):
            w.register_key(party_, by=by, name=name)
    genuine = w.key_statement("farmer", name="second phone")
    for stolen in (
        replace(genuine, body=replace(genuine.body, party="station")),
        replace(genuine, jti="urn:uuid:other"),
        replace(genuine, aud="elsewhere"),
        replace(genuine, body=replace(genuine.body, x=x_of("third phone"))),
        replace(genuine, body=replace(genuine.body, kid=kid_of("third phone"))),
        replace(genuine, body=replace(genuine.body, x="!")),
    ):
        with pytest.raises(NotAuthorised):
            w.judge(stolen)
    assert w.books == replace_count(world(), w).books


def replace_count(fresh, other):
    fresh.count = other.count
    return fresh


def test_a_signature_by_an_unknown_or_anothers_key_is_refused():
    w = world()
    with pytest.raises(NotAuthorised, match="not registered"):
        w.say("farmer", harvest(), kid="unheard of")
    with pytest.raises(NotAuthorised, match="belongs to somebody else"):
        w.say("farmer", harvest(), kid=kid_of("station"))
    assert w.books.lots == {}


def test_a_revoked_key_is_refused_at_once_while_recording_and_by_leaf_in_the_log():
    w = world()
    leaf = len(w.said)
    w.judge(w.statement("operator", revoke("farmer")), index=leaf)
    said = w.statement("farmer", harvest())
    with pytest.raises(NotAuthorised, match="revoked"):
        authorise(w.books, said, None)
    with pytest.raises(NotAuthorised, match="revoked"):
        check_key(w.books, said, leaf + 1)
    check_key(w.books, said, leaf - 1)


def test_a_revocation_is_judged_alike_when_it_is_recorded_and_in_the_log():
    # While recording nobody knows the leaf: what lies behind it disputes nothing, and ends the key all the same.
    for index in (None, 50):
        w = world()
        w.judge(w.statement("operator", revoke("farmer", from_index=99)), index=index)
        assert w.books.keys[kid_of("farmer")].revoked_by
        with pytest.raises(NotAuthorised, match="revoked"):
            check_key(w.books, w.statement("farmer", harvest()), None if index is None else 51)


def test_a_revocation_cannot_be_revoked():
    w = world()
    w.say("operator", revoke("farmer"))
    with pytest.raises(NotAuthorised, match="stays as it was made"):
        w.say("operator", revoke("farmer"))
    with pytest.raises(NotAuthorised, match="for ever"):
        w.register_key("farmer")


def test_a_key_says_nothing_before_its_own_registration():
    w = World(Books())
    w.judge(w.statement("operator", genesis()), index=0)
    w.judge(w.statement("operator", party("farmer")), index=1)
    w.judge(w.key_statement("farmer"), index=7)
    with pytest.raises(NotAuthorised, match="only later"):
        check_key(w.books, w.statement("farmer", harvest()), 7)


def test_an_event_id_is_used_once():
    w = prepared()
    with pytest.raises(NotAuthorised, match="used once"):
        w.say("farmer", harvest(), jti=SENT)


@pytest.mark.parametrize("made", ["correct", "register_site"])
def test_corrections_and_registrations_cannot_be_corrected(made):
    w = prepared()
    if made == "correct":
        iss, event = "farmer", w.correct(w.harvest("H9", KG)).event
    else:
        iss, event = "stranger", w.books.events[next(said.jti for said in w.said if said.iss == "stranger")]
        w.books.events[event.id] = event = event._replace(payload={"eventID": event.id})
    told = acts.Correct(
        original={"eventID": event.id, **event.payload}, original_act=event.act, declared_at=AT, reason="did_not_occur"
    )
    if made == "correct":
        told = replace(told, original={**told.original, "eventID": event.id})
    with pytest.raises(NotAuthorised, match="cannot be corrected"):
        w.say(iss, told)


def test_an_event_is_corrected_once():
    w = world()
    effects = w.harvest("H", KG)
    w.correct(effects)
    with pytest.raises(NotAuthorised, match="corrected once"):
        w.correct(effects)


def test_replay_names_what_the_rules_refuse_and_gives_it_no_effect():
    w = prepared()
    intruder = w.statement("stranger", process("milling", "P", "G"))
    again = replay([*w.said, intruder])
    assert list(again.void) == [intruder.jti]
    assert "Only the custodian" in again.void[intruder.jti]
    assert again.balances == w.books.balances
    assert replay(w.said).void == {}
