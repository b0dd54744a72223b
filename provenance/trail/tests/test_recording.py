import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from provenance.coffee.acts import Form, NewLot, RegisterSite, RevokeKey
from provenance.coffee.bounds import MOST_MG
from provenance.coffee.errors import BadDisclosure, MalformedStatement, NotAuthorised
from provenance.coffee.statement import make_disclosure, new_event_id, parse, sign
from provenance.keyring import Unsealable, seal, unseal
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.keys import Ed25519Signer
from provenance.trail import models
from provenance.trail.errors import EventTaken, LogFrozen, NoLog, RecordRefused
from provenance.trail.models import Balance, Disclosure, Event, Key, Log, Lot, Pending, Subject, SubjectKey
from provenance.trail.services import bookkeeping, recording, registry
from provenance.trail.services.acting import Draft, Withheld, held_key, sign_drafts
from provenance.trail.services.disclosing import disclosures_of
from provenance.trail.services.queries import active_log, event_of, name_of, open_handovers, statements_of, stock_at
from provenance.trail.services.recording import Incoming, Shown, record
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, CHERRY, DAY, KG, KOFI, NOON, PARTY, SITE, WOTE, act

pytestmark = pytest.mark.django_db


def signed(party, *drafts, **changes):
    return sign_drafts(active_log(), PARTY + party, [Draft(each, **changes) for each in drafts])


def everything():
    """What a refusal must leave as it was."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values_list())
        for model in vars(models).values()
        if isinstance(model, type)
    }


def refused(incoming):
    before = everything()
    with pytest.raises(RecordRefused) as caught:
        record(incoming)
    assert everything() == before
    return caught.value


def test_a_recorded_event_keeps_the_signed_bytes_and_waits_for_its_place(log):
    incoming = signed(ALMAZ, story.harvest())[0]

    event = record([incoming])[0]

    stored = Event.objects.get(pk=event.pk)
    assert bytes(stored.statement) == incoming.jws
    assert bytes(stored.leaf_hash) == leaf_hash(incoming.jws)
    assert (stored.act, stored.state, stored.event_id) == ("harvest", "recorded", parse(incoming.jws).jti)
    assert Pending.objects.get(event=stored).log == log
    assert list(Balance.objects.values_list("lot__uri", "site", "owner", "custodian", "mg")) == [
        (CHERRY, SITE + ALMAZ, PARTY + ALMAZ, PARTY + ALMAZ, 84 * KG)
    ]


def test_a_delivery_moves_coffee_through_transit_into_the_day_lot(log):
    act(ALMAZ, story.harvest())
    dispatched = act(ALMAZ, story.dispatch())
    assert [handover.rest for handover in open_handovers(PARTY + WOTE)] == [{CHERRY: 84 * KG}]
    assert list(stock_at(sites=[SITE + ALMAZ])) == []

    act(WOTE, story.receive(dispatched))

    assert list(open_handovers(PARTY + WOTE)) == []
    assert [(row.lot.uri, row.mg) for row in stock_at(parties=[PARTY + WOTE])] == [(DAY, 83 * KG)]
    assert [event.act for event in statements_of(DAY)] == ["receive"]


def test_a_batch_may_lean_on_its_own_earlier_statements(log):
    jti = new_event_id()
    incoming = [*signed(ALMAZ, story.harvest()), *signed(ALMAZ, story.dispatch(), jti=jti)]
    incoming += signed(WOTE, story.receive(Event(uuid=Event.uuid_of(jti))))

    assert [event.act for event in record(incoming)] == ["harvest", "dispatch", "receive"]
    assert Lot.objects.get(uri=DAY).poured_mg == 83 * KG


def test_sending_again_gives_the_stored_event_and_writes_nothing(log):
    incoming = signed(ALMAZ, story.harvest())
    first = record(incoming)
    before = everything()

    again = record(incoming)

    assert [event.pk for event in again] == [event.pk for event in first]
    assert everything() == before


def test_another_signature_over_the_same_payload_is_the_same_statement(log):
    """Safari signs Ed25519 with randomness; a resent statement then has other bytes."""
    key = held_key(log, PARTY + ALMAZ)
    first = signed(ALMAZ, story.harvest())[0]
    event = record([first])[0]
    payload = first.jws.rsplit(b".", 1)[0]
    from nacl import bindings as sodium

    # R' = R of another message: a signature made with a nonce of our own, as Safari would.
    signature = randomised(key.signer, payload)
    from provenance.coffee.statement.envelope import b64url

    resent = payload + b"." + b64url(signature).encode()
    assert resent != first.jws and sodium.crypto_sign_open(signature + payload, key.signer.public.raw) == payload

    again = record([Incoming(resent)])[0]

    assert again.pk == event.pk and bytes(again.statement) == first.jws


def randomised(signer, message):
    """A valid Ed25519 signature with a random nonce instead of the derived one (RFC 8032, 5.1.6)."""
    import secrets
    from hashlib import sha512

    from nacl import bindings as sodium

    head = bytearray(sha512(signer.seed).digest()[:32])
    head[0] &= 248
    head[31] = (head[31] & 127) | 64
    nonce = sodium.crypto_core_ed25519_scalar_reduce(secrets.token_bytes(64))
    point = sodium.crypto_scalarmult_ed25519_base_noclamp(nonce)
    challenge = sodium.crypto_core_ed25519_scalar_reduce(sha512(point + signer.public.raw + message).digest())
    secret = sodium.crypto_core_ed25519_scalar_reduce(bytes(head) + bytes(32))
    product = sodium.crypto_core_ed25519_scalar_mul(challenge, secret)
    return point + sodium.crypto_core_ed25519_scalar_add(nonce, product)


def test_another_statement_under_a_known_id_is_refused_by_name(log):
    event = act(ALMAZ, story.harvest())

    error = refused(signed(ALMAZ, story.harvest("A-2"), jti=event.event_id))

    assert isinstance(error.problems[0].error, EventTaken) and error.field == "jti"
    assert event.event_id in str(error)


def test_a_statement_twice_in_one_batch_is_written_once(log):
    incoming = signed(ALMAZ, story.harvest())

    events = record([*incoming, *incoming])

    assert events[0].pk == events[1].pk and Event.objects.filter(act="harvest").count() == 1


def test_every_refused_statement_of_a_batch_is_named_and_none_is_written(log):
    good, bad = signed(ALMAZ, story.harvest())[0], signed(WOTE, story.harvest("A-2"))[0]

    error = refused([good, bad, replace(good, jws=good.jws[:-4] + b"AAAA")])
    assert [problem.position for problem in error.problems] == [2]
    assert isinstance(error.problems[0].error, MalformedStatement)

    error = refused([good, bad, *signed(WOTE, story.harvest("A-3"))])
    assert [problem.position for problem in error.problems] == [1, 2]
    assert isinstance(error.problems[0].error, NotAuthorised)
    assert str(error).startswith("Statement 2 of 3: Only the farm's own party")


def test_a_strangers_key_is_refused(log):
    stranger = Ed25519Signer.generate()
    from provenance.coffee.statement import thumbprint

    statement, _ = sign(
        story.harvest(),
        iss=PARTY + ALMAZ,
        aud=log.aud,
        iat=0,
        kid=thumbprint(stranger.public.raw),
        signer=stranger.sign,
    )

    assert "not registered" in str(refused([Incoming(statement.jws)]))


def test_a_revoked_key_records_no_more(log):
    kid = Key.objects.get(party=PARTY + ALMAZ).kid
    late = signed(ALMAZ, story.harvest())
    registry.revoke_key(RevokeKey(kid=kid, since=NOON, from_index=0, reason="stolen"), by=log.operator)

    assert "revoked" in str(refused(late))


def test_a_statement_for_another_log_is_not_taken_in(log):
    key = held_key(log, PARTY + ALMAZ)
    aud = log.aud[:-16] + "0" * 16
    statement, _ = sign(story.harvest(), iss=PARTY + ALMAZ, aud=aud, iat=0, kid=key.kid, signer=key.signer.sign)
    before = everything()

    with pytest.raises(NoLog):
        record([Incoming(statement.jws)])

    assert everything() == before


def test_nobody_records_a_second_genesis(log):
    genesis = Event.objects.get(act="genesis")
    with pytest.raises(RecordRefused, match="Only the log itself"):
        record([Incoming(bytes(genesis.statement))])


def test_a_frozen_log_takes_nothing_in(log):
    incoming = signed(ALMAZ, story.harvest())
    Log.objects.update(state="frozen", why_frozen="The fence is gone.")
    before = everything()

    with pytest.raises(LogFrozen, match="The fence is gone"):
        record(incoming)

    assert everything() == before


def test_withheld_values_are_sealed_under_their_subjects_key(log):
    event = act(
        WOTE, receive_first(), producer=Withheld(PARTY + ALMAZ, "auditors"), price=Withheld("38 ETB", "partners")
    )

    rows = {row.name: row for row in Disclosure.objects.filter(event=event)}
    assert {name: row.subject for name, row in rows.items()} == {"producer": PARTY + ALMAZ, "price": PARTY + WOTE}
    assert not any(b"38 ETB" in bytes(row.sealed) for row in rows.values())
    assert [one.value for one in disclosures_of([event], ["partners"])[event.pk]] == ["38 ETB"]
    assert disclosures_of([event], ["public"]) == {}
    assert b"38 ETB" not in bytes(event.statement)


def receive_first():
    from provenance.coffee.acts import LotMass, Receive

    lines = (LotMass(lot=CHERRY, mass_mg=5 * KG),)
    begins = (NewLot(lot=CHERRY, mass_mg=5 * KG, form=Form.CHERRY),)
    return Receive(at=NOON, site=SITE + WOTE, lines=lines, begins=begins)


def test_destroying_a_subjects_key_erases_and_breaks_no_proof(log):
    event = act(ALMAZ, story.harvest(), note=Withheld("call me", "public"))
    SubjectKey.objects.filter(party=PARTY + ALMAZ).delete()

    assert disclosures_of([event], ["public"]) == {}
    assert name_of(PARTY + ALMAZ) is None and name_of(PARTY + WOTE) == "Wote Station"


def test_a_disclosure_that_the_statement_does_not_withhold_is_refused(log):
    incoming = signed(ALMAZ, story.harvest())[0]
    foreign = make_disclosure(parse(incoming.jws).jti, "note", "not withheld")

    error = refused([replace(incoming, disclosures=[Shown(foreign.text, "public")])])

    assert isinstance(error.problems[0].error, BadDisclosure)


@pytest.mark.parametrize(
    "audience", ["", "Public", "everybody", PARTY + "a b", "javascript:alert(1)", PARTY + "nobody"]
)
def test_a_value_shown_to_nobody_that_there_is_is_refused_by_its_field(log, audience):
    incoming = signed(ALMAZ, story.harvest(), withheld={"note": Withheld("call me", audience)})

    assert refused(incoming).problems[0].error.field == "audience"


def test_a_value_may_be_shown_to_one_party(log):
    event = act(ALMAZ, story.harvest(), note=Withheld("call me", PARTY + KOFI))

    assert [one.value for one in disclosures_of([event], [PARTY + KOFI])[event.pk]] == ["call me"]
    assert verify_trail(log) == []


def test_one_damaged_disclosure_hides_no_other_and_verification_names_it(log):
    event = act(ALMAZ, story.harvest(), note=Withheld("call me", "public"), price=Withheld("38 ETB", "public"))
    Disclosure.objects.filter(event=event, name="note").update(sealed=b"not what was sealed")

    assert [one.value for one in disclosures_of([event], ["public"])[event.pk]] == ["38 ETB"]
    assert [fault.event for fault in verify_trail(log)] == [event.event_id]


def test_what_is_sealed_opens_in_its_own_row_only():
    key = bytes(32)
    assert unseal(key, seal(key, b"38 ETB", "row 1"), "row 1") == b"38 ETB"
    with pytest.raises(Unsealable):
        unseal(key, seal(key, b"38 ETB", "row 1"), "row 2")
    with pytest.raises(Unsealable):
        unseal(bytes(31) + b"\1", seal(key, b"38 ETB", "row 1"), "row 1")


def test_recording_many_takes_no_more_queries_than_recording_two(log, monkeypatch):
    # Measured once a second, whoever records.
    monkeypatch.setattr(recording.room, "check", lambda *waiting: None)

    def queries(count, first):
        incoming = signed(ALMAZ, *(story.harvest(f"Q-{n}") for n in range(first, first + count)))
        with CaptureQueriesContext(connection) as captured:
            record(incoming)
        return len(captured)

    few = queries(2, 0)
    assert queries(40, 100) == few


def test_what_is_no_event_id_finds_nothing(log):
    assert event_of("urn:uuid:nonsense") is None
    assert event_of(new_event_id()) is None


@pytest.fixture
def processes(monkeypatch):
    """Each thread stands for a process of its own, which waits for nobody's pen."""
    pen = SimpleNamespace(put_down=lambda work, weight: recording.commit(*work), waiting=lambda: (0, 0.0))
    monkeypatch.setattr(recording, "PEN", pen)


@pytest.mark.django_db(transaction=True)
def test_two_recorders_of_one_statement_write_it_once(processes):
    registry.found_log("main", "Test operator")
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
    registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=SITE + ALMAZ)
    incoming = signed(ALMAZ, story.harvest())

    outcomes = at_once(lambda _: record(incoming)[0].pk, 4)

    assert len(set(outcomes)) == 1 and Event.objects.filter(act="harvest").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_recorders_pour_into_one_new_lot_and_lose_nothing(processes):
    registry.found_log("main", "Test operator")
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
    registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=SITE + ALMAZ)
    batches = [signed(ALMAZ, *(story.harvest(kg=n + 1) for n in range(3))) for _ in range(4)]

    at_once(lambda n: record(batches[n]), 4)

    assert Balance.objects.get(lot__uri=CHERRY).mg == 4 * (1 + 2 + 3) * KG
    assert Subject.objects.filter(uri=CHERRY).count() == 12


@pytest.fixture
def overtaken(monkeypatch, processes):
    """
    One recorder, overtaken twice: a lot is made between its locks and its reading, and poured into before it writes.

    Call it to get what the lot then holds, in kilograms; each of the three recorders pours one.
    """
    registry.found_log("main", "Test operator")
    registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
    registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=SITE + ALMAZ)
    before, slow, after = (signed(ALMAZ, story.harvest(kg=1)) for _ in range(3))
    slowly = iter([True])

    def load(log, needs):
        if threading.current_thread() is not threading.main_thread() or not next(slowly, False):
            return bookkeeping.load(log, needs)
        at_once(lambda _: record(before), 1)
        found = bookkeeping.load(log, needs)
        at_once(lambda _: record(after), 1)
        return found

    def pour():
        monkeypatch.setattr(recording, "load", load)
        record(slow)
        return Balance.objects.get(lot__uri=CHERRY).mg // KG

    return pour


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lot_that_was_made_after_the_locks_is_read_again(overtaken):
    assert overtaken() == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_recorder_that_does_not_look_at_its_locks_is_caught(overtaken, monkeypatch):
    monkeypatch.setattr(bookkeeping.Locks, "miss", lambda locks, found: False)

    assert overtaken() == 2


def at_once(work, threads):
    """Do it in several threads that start together; returns what each of them got."""
    barrier, results = threading.Barrier(threads), {}

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    runners = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    failed = [result for result in results.values() if isinstance(result, Exception)]
    assert not failed, failed
    return list(results.values())


def test_a_log_takes_no_word_about_what_another_log_speaks_of(log):
    """Whoever verifies the second log alone has never heard of the first one's parties."""
    second = registry.found_log("second", "Another operator")
    site = SITE + "not-yours"
    about_a_party = RegisterSite(site=site, party=PARTY + ALMAZ, kind="farm")
    of_the_same_uri = RegisterSite(site=SITE + ALMAZ, party=second.operator, kind="farm")

    for said, uri in ((about_a_party, PARTY + ALMAZ), (of_the_same_uri, SITE + ALMAZ)):
        error = refused(sign_drafts(second, second.operator, [Draft(said)]))
        assert isinstance(error.problems[0].error, NotAuthorised)
        assert str(error) == f"{uri} belongs to another log: this log speaks of its own parties, places and lots only."
    assert verify_trail(second) == [] == verify_trail(log)


def test_a_lot_that_outgrows_the_ledger_is_refused_in_words(log):
    act(ALMAZ, story.harvest())
    Balance.objects.update(mg=MOST_MG)

    error = refused(signed(ALMAZ, story.harvest(kg=1)))

    assert isinstance(error.problems[0].error, NotAuthorised)
    assert str(error).startswith("That is more than 9,000,000,000 t in these lots together")
