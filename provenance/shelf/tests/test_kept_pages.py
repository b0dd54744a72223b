"""Pages that are kept: never older than what is recorded, never another bag's, gone with what is erased."""

import gzip
import re
import threading
import time
import zlib
from datetime import UTC, date, datetime

import brotli
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils.html import strip_tags

from provenance.bags.models import Bag
from provenance.bags.services.issuing import draw_serials, keep_bags
from provenance.coffee import acts
from provenance.coffee.acts import Form, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import parse
from provenance.shelf.keeping import store, telling, warm
from provenance.shelf.keeping.flights import Flights
from provenance.shelf.keeping.grounds import Grounds, grounds_of
from provenance.shelf.models import KeptPage
from provenance.shelf.reading import page_of
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, FARM, GTIN, HOST, KG, KOFI, PACKED, STATION, WOTE
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.closure import closure
from provenance.trail.services.erasing import erase
from provenance.trail.tests.test_attaching import attach


@pytest.fixture
def bag(log):
    return world.build(log)


@pytest.fixture(autouse=True)
def nothing_warm(monkeypatch):
    monkeypatch.setattr(warm, "_answers", type(warm._answers)())
    monkeypatch.setattr(warm, "_bytes", 0)


@pytest.fixture
def tellings(monkeypatch) -> list[str]:
    """The lots whose pages were told from the trail, and not out of the store."""
    told: list[str] = []

    def counted(uri: str, **options: bool):
        told.append(uri)
        return page_of(uri, **options)

    monkeypatch.setattr(telling, "page_of", counted)
    return told


def text(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def says(party: str, act: acts.Act, **withheld: Withheld):
    return record_acts(party, [Draft(act, withheld)])[0]


# --- kept once -------------------------------------------------------------------------------------------------------


def test_a_page_is_told_once_for_all_bags_of_a_lot(client, bag, tellings):
    pages = [text(client, f"/t/{each.token}") for each in bag.bags]

    assert tellings == [PACKED]
    assert [f"Number {number} of 3" in page for number, page in enumerate(pages, 1)] == [True] * 3
    assert len(set(pages)) == 3 and "Wote natural light" in pages[0]


def test_a_kept_page_is_the_one_that_was_told(client, bag, monkeypatch):
    told = client.get(bag.link).content
    warm._answers.clear()

    assert client.get(bag.link).content == told
    monkeypatch.setattr(store, "find", lambda *_: None)
    warm._answers.clear()
    assert client.get(bag.link).content == told


def test_a_cold_page_takes_two_queries_and_a_warm_one_a_single_one(client, bag, django_assert_num_queries):
    client.get(bag.link)
    warm._answers.clear()
    with django_assert_num_queries(2):
        client.get(bag.link)
    with django_assert_num_queries(1):
        client.get(bag.link)


def test_what_was_told_by_other_code_is_told_anew(client, bag, tellings, monkeypatch):
    client.get(bag.link)
    warm._answers.clear()
    monkeypatch.setattr(store, "EDITION", "of another release")
    client.get(bag.link)

    assert tellings == [PACKED, PACKED]
    assert [page.edition for page in KeptPage.objects.all()] == ["of another release"]


# --- never another bag's, never of whoever asks ----------------------------------------------------------------------


def test_no_bag_shows_the_code_of_another(client, bag):
    pages = [client.get(f"/t/{each.token}").content.decode() for each in bag.bags]

    for own, page in zip(bag.bags, pages, strict=True):
        assert page.count(f"t/{own.token}") >= 2
        assert not [other for other in bag.bags if other is not own and other.token in page]
    [kept] = KeptPage.objects.all()
    html = zlib.decompress(bytes(kept.html)).decode()
    assert not [each for each in bag.bags if each.token in html or each.serial in html]
    assert all(kept.blank not in page for page in pages)


def test_a_name_of_a_product_is_escaped_in_a_kept_page_as_in_any(client, bag):
    bag.product.name = "<script>alert(1)</script> & more"
    bag.product.save()
    for _ in range(2):
        warm._answers.clear()
        assert b"&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in client.get(bag.link).content


def test_a_code_that_the_roaster_never_sealed_is_not_vouched_for_by_a_kept_page(client, bag):
    client.get(bag.link)
    keep_bags(draw_serials(1), lot_uri=world.GREEN, gtin=GTIN, product=bag.product)
    stray = Bag.objects.get(lot_uri=world.GREEN)
    Bag.objects.filter(pk=stray.pk).update(lot_uri=PACKED, position=7)

    page = text(client, f"/t/{stray.token}")

    assert "This code is not among those that the roaster sealed" in page and "Number 8" not in page


def test_a_bag_that_was_opened_often_says_so_though_its_page_is_kept(client, bag):
    client.get(bag.link)
    warm._answers.clear()
    day = datetime.now(UTC).date()
    Bag.objects.filter(pk=bag.bags[0].pk).update(opens=40, first_opened=day, last_opened=day, often_since=day)

    assert "This code was opened often: 40 times" in text(client, bag.link)
    assert "opened often" not in text(client, f"/t/{bag.bags[1].token}").split("Say something")[0]


def test_a_page_is_kept_for_each_language_and_for_nobody_in_particular(client, bag, django_user_model):
    client.force_login(django_user_model.objects.create_user("plugh", password="x"))
    german = client.get(bag.link, headers={"Accept-Language": "de-AT"})
    chosen = client.get(f"{bag.link}?lang=de&from=xyzzy")
    english = Client().get(bag.link)

    assert german["Content-Language"] == chosen["Content-Language"] == "de"
    assert b'lang="en"' in english.content[:100] and b'lang="de"' in german.content[:100]
    assert sorted(page.form.split()[:2] for page in KeptPage.objects.all()) == [
        ["de", "chosen"],
        ["de", "preferred"],
        ["en", "preferred"],
    ]
    assert b"xyzzy" not in chosen.content and b"plugh" not in german.content


# --- never older than what is recorded -------------------------------------------------------------------------------


def recall(bag):
    says(KOFI, acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(PACKED,), reason="contamination"))
    return "Recalled: do not drink this coffee."


def recall_of_what_is_in_it(bag):
    says(WOTE, acts.Recall(at=world.at(11, 5), site=STATION, lots=(world.PARCHMENT,), reason="contamination"))
    return "recalled lot P-0302, which is in it"


def contest(bag):
    lots = (world.DAY_LOT, lot_uri(HOST, Form.CHERRY, "H-1"))
    said = acts.Contest(at=world.at(3, 5), event=bag.events["took in"].event_id, lots=lots, reason="weight")
    says(ALMAZ, said)
    return "Almaz disagrees with one step, and says: the weight is wrong."


def correction(bag):
    event = bag.events["graded"]
    said = parse(bytes(event.statement)).event
    says(
        KOFI,
        acts.Correct(original=said, original_act="grade", declared_at=world.at(11, 6), reason="did_not_occur"),
    )
    return "Taken back by its signer"


def certificate_of_a_place(bag):
    party = registry.register_party(kind="organisation", roles=["auditor"], name="Fabula Audits", country="CH")
    valid = {"valid_from": date(2026, 1, 1), "valid_to": date(2099, 1, 1)}
    says(party, acts.Certify(at=world.at(2, 1), scheme="Fabula Fair", chain="segregated", site=STATION, **valid))
    return "Fabula Fair"


def end_of_a_key(bag):
    kid = bag.events["graded"].kid
    act = acts.RevokeKey(kid=kid, since=world.at(2, 1), from_index=1, reason="stolen")
    registry.revoke_key(act, by=bag.log.operator)
    return ""


def photo_of_the_farm(bag):
    attach()
    return "From the road"


RECORDED = [
    recall,
    recall_of_what_is_in_it,
    contest,
    correction,
    certificate_of_a_place,
    end_of_a_key,
    photo_of_the_farm,
]


@pytest.mark.parametrize("record", RECORDED)
def test_whatever_is_recorded_is_on_the_very_next_page(client, bag, tellings, record):
    before = text(client, bag.link)
    expected = record(bag)

    page = text(client, bag.link)

    assert tellings == [PACKED, PACKED]
    assert expected in page and (not expected or expected not in before)


@pytest.fixture
def certificate(bag):
    """Of a party as a whole, in the log: no statement about it names a lot."""
    auditor = registry.register_party(kind="organisation", roles=["auditor"], name="Fabula Audits", country="CH")
    valid = {"valid_from": date(2026, 1, 1), "valid_to": date(2099, 1, 1)}
    said = says(auditor, acts.Certify(at=world.at(2, 1), scheme="Fabula", chain="segregated", party=WOTE, **valid))
    bag.publish()
    return parse(bytes(said.statement))


NONE_HOLDS = "None that holds today"


def contested(certificate):
    act = acts.Contest(at=world.at(2, 3), event=certificate.jti, lots=(), reason="claim")
    return says(WOTE, act), "Wote Station disagrees with one step"


def ended(certificate):
    ending = {"certificate": certificate.jti, "since": date(2026, 3, 1), "reason": "breach", "party": WOTE}
    return says(certificate.iss, acts.Withdraw(at=world.at(3, 1), **ending)), NONE_HOLDS


def taken_back(said, act="certify"):
    reason = {"declared_at": world.at(3, 1), "reason": "did_not_occur"}
    correction = acts.Correct(original=said.event, original_act=act, **reason)
    return says(said.iss, correction), NONE_HOLDS


@pytest.mark.parametrize("say", [contested, ended, taken_back])
def test_whatever_is_said_of_a_certificate_is_on_the_very_next_page(client, bag, certificate, tellings, say):
    before = text(client, bag.link)
    _, expected = say(certificate)

    assert expected in text(client, bag.link) and expected not in before
    assert tellings == [PACKED, PACKED]


def test_a_reply_to_a_certificate_that_is_taken_back_is_so_on_the_very_next_page(client, bag, certificate):
    reply, contests = contested(certificate)
    bag.publish()
    assert contests in text(client, bag.link)
    assert KeptPage.objects.exists()
    taken_back(parse(bytes(reply.statement)), "contest")

    assert contests not in text(client, bag.link)


def test_a_kept_page_is_as_fresh_as_a_warm_one(client, bag):
    client.get(bag.link)
    warm._answers.clear()
    expected = recall(bag)

    assert expected in text(client, bag.link)


def no_grounds_asked(monkeypatch):
    monkeypatch.setattr(store, "stands", lambda: "1 = 1")


def no_proof_when_warm(monkeypatch):
    monkeypatch.setattr(warm, "still", lambda page: True)


@pytest.mark.parametrize("planted", [no_grounds_asked, no_proof_when_warm])
def test_a_page_that_is_not_proved_stays_old_after_a_recall(client, bag, monkeypatch, planted):
    """Planted bugs: what the tests above catch."""
    planted(monkeypatch)
    client.get(bag.link)
    expected = recall(bag)

    assert expected not in text(client, bag.link)


def test_whatever_is_recorded_elsewhere_leaves_a_page_as_it_is(client, bag, tellings):
    client.get(bag.link)
    another = NewLot(lot=lot_uri(HOST, Form.CHERRY, "H-99"), mass_mg=10 * KG, form=Form.CHERRY)
    says(ALMAZ, acts.Harvest(at=world.at(3, 9), site=FARM, output=another))
    warm._answers.clear()
    client.get(bag.link)

    assert tellings == [PACKED]


def test_what_waits_for_its_place_is_not_kept(client, log, tellings):
    bag = world.build(log, publish=False)
    assert "recorded, not yet in the log" in text(client, bag.link)
    assert not KeptPage.objects.exists()
    bag.publish()

    assert "recorded, not yet in the log" not in text(client, bag.link)
    assert KeptPage.objects.count() == 1


def test_a_page_is_told_anew_when_its_time_is_over(client, bag, tellings, monkeypatch):
    client.get(bag.link)
    KeptPage.objects.update(until=int(time.time()))
    client.get(bag.link)

    assert tellings == [PACKED, PACKED]


def test_pages_whose_time_is_over_are_swept(bag, client):
    client.get(bag.link)
    store.sweep()
    assert KeptPage.objects.count() == 1
    KeptPage.objects.update(until=int(time.time()) - 1)
    store.sweep()
    assert not KeptPage.objects.exists()


# --- erasure ---------------------------------------------------------------------------------------------------------


def test_erased_words_leave_the_store_with_the_key(client, bag, log):
    assert "Almaz" in text(client, bag.link)
    assert b"Almaz" in zlib.decompress(bytes(KeptPage.objects.get().html))

    erase(ALMAZ, by=log.operator)

    assert not KeptPage.objects.exists()
    assert "Almaz" not in text(client, bag.link)
    assert b"Almaz" not in zlib.decompress(bytes(KeptPage.objects.get().html))


def test_a_page_that_was_told_before_an_erasure_is_not_kept_after_it(bag, log):
    page = page_of(PACKED, to_keep=True)
    erase(ALMAZ, by=log.operator)
    told = store.Told("Almaz", "b0", None, "")

    assert store.keep(PACKED, "en", told, page.grounds, page.digests, time.time() + 60) is None
    assert not KeptPage.objects.exists()
    # The planted bug: without the digests of what it shows nothing would tell.
    assert store.keep(PACKED, "en", told, page.grounds, [], time.time() + 60) is not None


# --- nobody waits for the store --------------------------------------------------------------------------------------


def test_a_page_is_shown_where_it_cannot_be_kept(client, bag, monkeypatch):
    def busy():
        raise OperationalError("database is locked")

    monkeypatch.setattr(store, "unimportant", busy)

    assert "Number 1 of 3" in text(client, bag.link)
    assert not KeptPage.objects.exists()
    assert not warm._answers


@pytest.mark.django_db(transaction=True)
def test_a_page_is_shown_at_once_while_somebody_else_writes(client, log):
    bag = world.build(log)
    recorder = connection.copy()
    locks = {"sqlite": ["BEGIN IMMEDIATE"], "postgresql": ["BEGIN", "LOCK TABLE shelf_keptpage IN EXCLUSIVE MODE"]}
    with recorder.cursor() as cursor:
        for statement in locks[connection.vendor]:
            cursor.execute(statement)
        try:
            assert "Number 1 of 3" in text(client, bag.link)
        finally:
            cursor.execute("ROLLBACK")
            recorder.close()
    assert not KeptPage.objects.exists()

    client.get(bag.link)
    assert KeptPage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_page_is_shown_by_a_database_that_takes_no_writes(client, log):
    bag = world.build(log)
    setting = {"sqlite": "PRAGMA query_only", "postgresql": "SET default_transaction_read_only"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"{setting} = on")
        try:
            pages = [text(client, bag.link) for _ in range(2)]
        finally:
            cursor.execute(f"{setting} = off")

    assert pages[0] == pages[1] and "Number 1 of 3" in pages[0]
    assert not KeptPage.objects.exists()
    assert not warm._answers


def test_a_kept_page_that_cannot_be_read_is_told_anew(client, bag, tellings):
    client.get(bag.link)
    KeptPage.objects.update(html=b"nonsense")
    warm._answers.clear()

    assert "Number 1 of 3" in text(client, bag.link)
    assert tellings == [PACKED, PACKED]


def test_many_who_ask_at_once_wait_for_one_telling():
    flights: Flights[str] = Flights()
    began, go_on, told = threading.Event(), threading.Event(), []

    def tell() -> str:
        told.append("told")
        began.set()
        assert go_on.wait(10)
        return "page"

    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(flights.take("lot", tell, lambda page: True))) for _ in range(50)
    ]
    threads[0].start()
    assert began.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert got == ["page"] * 50
    # Whoever came too late for the first flight shared the second.
    assert len(told) <= 3


def test_a_telling_that_something_overtook_is_told_again():
    flights: Flights[int] = Flights()
    began, go_on, told = threading.Event(), threading.Event(), []

    def tell() -> int:
        told.append(1)
        began.set()
        assert go_on.wait(10)
        return len(told)

    got: list[int] = []
    first = threading.Thread(target=lambda: got.append(flights.take("lot", tell, lambda page: False)))
    first.start()
    assert began.wait(10)
    second = threading.Thread(target=lambda: got.append(flights.take("lot", tell, lambda page: False)))
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)

    assert sorted(got) == [1, 2]


# --- as it travels ---------------------------------------------------------------------------------------------------


def test_a_page_travels_compressed_and_is_not_sent_twice(client, bag):
    plain = client.get(bag.link)
    small = client.get(bag.link, headers={"Accept-Encoding": "gzip, deflate"})
    smaller = client.get(bag.link, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})

    assert gzip.decompress(small.content) == brotli.decompress(smaller.content) == plain.content
    assert (small["Content-Encoding"], smaller["Content-Encoding"]) == ("gzip", "br")
    assert "Content-Encoding" not in plain and "Accept-Encoding" in plain["Vary"]
    assert len(smaller.content) < len(small.content) < len(plain.content) / 2
    assert small["ETag"] == smaller["ETag"] == plain["ETag"]
    assert small["Cache-Control"] == warm.FRESH_PAGE
    again = client.get(bag.link, headers={"If-None-Match": small["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    recall(bag)
    assert client.get(bag.link, headers={"If-None-Match": small["ETag"]}).status_code == 200


def test_no_more_is_kept_warm_than_there_is_room_for(client, bag, monkeypatch):
    monkeypatch.setattr(warm, "MOST_BYTES", 12_000)
    for each in bag.bags:
        client.get(f"/t/{each.token}", headers={"Accept-Encoding": "br"})

    assert len(warm._answers) == 1
    assert warm._bytes == sum(len(each.body) for each in warm._answers.values())


def test_what_nobody_asked_for_in_a_minute_is_kept_warm_no_longer(client, bag, monkeypatch):
    client.get(f"/t/{bag.bags[0].token}")
    [first] = warm._answers
    later = time.monotonic() + warm.GREATEST_AGE + 1
    monkeypatch.setattr(warm.time, "monotonic", lambda: later)
    client.get(f"/t/{bag.bags[1].token}")

    assert len(warm._answers) == 1 and first not in warm._answers
    assert warm._bytes == sum(len(each.body) for each in warm._answers.values())


def test_grounds_are_none_where_something_was_recorded_while_a_page_was_read(bag):
    found = closure([PACKED])
    assert isinstance(grounds_of(found), Grounds)
    recall(bag)
    assert grounds_of(found) is None
    assert isinstance(grounds_of(closure([PACKED])), Grounds)
