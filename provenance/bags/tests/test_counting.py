"""Counts of openings: exact whoever counts at once, silent below ten, and never in the way of who records."""

import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, connections, transaction

from provenance.bags.models import Addressee, Bag, Message, Product, ScanCount
from provenance.bags.services import counting
from provenance.bags.services.counting import Often, count, count_if_idle, opened_often, scans_of, usual_openings
from provenance.bags.services.issuing import draw_serials, keep_bags

GTIN = "09521234000105"
LOT = f"https://id.gs1.org/01/{GTIN}/10/R260907"
OTHER_LOT = f"https://id.gs1.org/01/{GTIN}/10/R260908"
ROASTER = "https://localhost:8000/epcis/party/kofi"
MONDAY = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def full_allowance(monkeypatch):
    monkeypatch.setattr(counting, "_allowance", counting._Allowance())


def bags_of_a_lot(number: int = 2, lot: str = LOT) -> list[Bag]:
    product, _ = Product.objects.get_or_create(
        gtin=GTIN, defaults={"party_uri": ROASTER, "name": "House blend", "net_mg": 250_000}
    )
    return keep_bags(draw_serials(number), lot_uri=lot, gtin=GTIN, product=product)


def counted(bag: Bag) -> list[tuple[date, str, int]]:
    return list(ScanCount.objects.filter(bag=bag).values_list("day", "country", "n"))


def test_openings_are_added_up_for_each_bag_day_and_country(db):
    bag, other = bags_of_a_lot()
    for country, day in [("AT", 0), ("AT", 0), ("DE", 0), ("", 0), ("AT", 3)]:
        count(bag, country, MONDAY + timedelta(days=day))
    count(other, "AT", MONDAY)

    assert counted(bag) == [
        (MONDAY, "", 1),
        (MONDAY, "AT", 2),
        (MONDAY, "DE", 1),
        (MONDAY + timedelta(days=3), "AT", 1),
    ]
    bag.refresh_from_db()
    assert (bag.opens, bag.first_opened, bag.last_opened) == (5, MONDAY, MONDAY + timedelta(days=3))
    assert bag.often_since is None


def test_a_count_holds_nothing_but_bag_day_country_and_number(db):
    assert {field.name for field in ScanCount._meta.get_fields()} == {"id", "bag", "day", "country", "n"}
    with pytest.raises(FieldDoesNotExist):
        ScanCount._meta.get_field("address")


def test_a_code_that_is_opened_often_says_so_from_then_on(db):
    bag, other = bags_of_a_lot()
    for number in range(20):
        count(bag, "AT", MONDAY + timedelta(days=number // 2))
    bag.refresh_from_db()

    assert opened_often(bag) == Often(20, 10)
    assert MONDAY < bag.often_since <= MONDAY + timedelta(days=9)
    assert opened_often(other) is None
    assert opened_often(None) is None

    count(bag, "AT", MONDAY + timedelta(days=400))
    bag.refresh_from_db()
    assert opened_often(bag) == Often(21, 401)


def test_the_page_asks_the_database_nothing_for_that(db, django_assert_num_queries):
    bag, _ = bags_of_a_lot()
    with django_assert_num_queries(0):
        opened_often(bag)


def test_the_roaster_is_told_once_that_a_code_was_opened_often(db):
    bag, _ = bags_of_a_lot()
    for _ in range(40):
        count(bag, "AT", MONDAY)

    [message] = Message.objects.all()
    assert (message.kind, message.reason, message.bag, message.words) == ("report", "often", bag, "")
    assert list(Addressee.objects.values_list("party_uri", "state")) == [(ROASTER, "waiting")]


def test_nothing_is_said_below_ten_openings(db):
    bag, _ = bags_of_a_lot()
    for number in range(9):
        count(bag, f"A{chr(65 + number)}", MONDAY)
    bag.refresh_from_db()

    assert bag.often_since is None
    assert opened_often(bag) is None
    bag.often_since = MONDAY
    assert opened_often(bag) is None


def test_scans_of_lots_are_told_from_ten_up(db):
    [bag], [other] = bags_of_a_lot(1), bags_of_a_lot(1, OTHER_LOT)
    for _ in range(9):
        count(bag)
        count(other)
    count(other)

    assert scans_of([LOT, OTHER_LOT]) == {OTHER_LOT: 10}
    assert scans_of([]) == {}


def test_what_is_usual_for_a_product_is_said_from_thirty_opened_bags_up(db):
    bags = bags_of_a_lot(40)
    product = bags[0].product
    for bag in bags[:29]:
        Bag.objects.filter(pk=bag.pk).update(opens=10)
    assert usual_openings(None) == 0
    assert counting._nine_in_ten(product) == 0

    Bag.objects.filter(pk=bags[29].pk).update(opens=500)

    assert counting._nine_in_ten(product) == 10


def test_where_all_bags_are_opened_as_often_none_is_called_copied(db):
    bags = bags_of_a_lot(40)
    Bag.objects.filter(pk__in=[bag.pk for bag in bags[1:]]).update(opens=15)

    for _ in range(25):
        count(bags[0], "AT", MONDAY)
    bags[0].refresh_from_db()
    assert bags[0].often_since is None

    for _ in range(6):
        count(bags[0], "AT", MONDAY)
    bags[0].refresh_from_db()
    assert opened_often(bags[0]) == Often(31, 1)


def at_once(threads: int, work) -> list:
    """What ``work`` gave in each of so many threads that began together."""
    barrier, answers = threading.Barrier(threads), []

    def run() -> None:
        barrier.wait()
        try:
            answers.append(work())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_who_counts_the_same_bag_at_once_loses_no_count():
    bag, _ = bags_of_a_lot()

    def five() -> None:
        for _ in range(5):
            count(bag, "AT", MONDAY)

    at_once(6, five)

    assert counted(bag) == [(MONDAY, "AT", 30)]
    bag.refresh_from_db()
    assert bag.opens == 30
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_is_there_and_what_was_left_out_is_not():
    bag, _ = bags_of_a_lot()

    answers = at_once(8, lambda: [count_if_idle(bag, "AT") for _ in range(4)])

    told = sum(sum(each) for each in answers)
    bag.refresh_from_db()
    assert bag.opens == told == sum(n for _, _, n in counted(bag))
    assert told >= 4


@pytest.mark.django_db(transaction=True)
def test_a_count_does_not_wait_for_whoever_records():
    bag, _ = bags_of_a_lot()
    held, done = threading.Event(), threading.Event()

    def record() -> None:
        try:
            with transaction.atomic():
                Bag.objects.select_for_update().get(pk=bag.pk)
                Bag.objects.filter(pk=bag.pk).update(position=7)
                held.set()
                done.wait(20)
        finally:
            connections.close_all()

    recorder = threading.Thread(target=record)
    recorder.start()
    held.wait(20)
    answer = count_if_idle(bag)
    done.set()
    recorder.join()

    assert answer is False
    assert not ScanCount.objects.exists()
    assert Bag.objects.get(pk=bag.pk).position == 7
    assert count_if_idle(bag) is True


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_whoever_records_waits_as_long_as_before_for_the_pen():
    bag, _ = bags_of_a_lot()
    if connection.vendor != "sqlite":
        pytest.skip("reads two settings (PRAGMA) that only SQLite has")

    count_if_idle(bag)

    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


def test_counting_takes_a_fifth_of_the_time_and_five_seconds_after_a_rest(db, monkeypatch):
    bag, _ = bags_of_a_lot()
    now = [1000.0]
    monkeypatch.setattr(counting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(counting, "count", lambda *_: now.__setitem__(0, now[0] + 1.0))
    monkeypatch.setattr(counting, "_allowance", counting._Allowance())

    assert [count_if_idle(bag) for _ in range(8)] == [True] * 5 + [False] * 3
    now[0] += 4.0
    assert [count_if_idle(bag) for _ in range(2)] == [True, False]
    now[0] += 1000.0
    assert [count_if_idle(bag) for _ in range(7)] == [True] * 5 + [False] * 2


def test_nothing_is_counted_where_the_disk_is_nearly_full(db, disk_floor):
    bag, _ = bags_of_a_lot()
    disk_floor(10**9)

    assert count_if_idle(bag) is False
    assert not ScanCount.objects.exists()


# Planted bugs that the tests above must notice.


@pytest.mark.django_db(transaction=True)
def test_counting_by_reading_and_writing_back_would_lose_counts():
    bag, _ = bags_of_a_lot()
    read = threading.Barrier(2)

    def naive() -> None:
        row = ScanCount.objects.filter(bag=bag).first()
        read.wait(20)
        ScanCount.objects.filter(pk=row.pk).update(n=row.n + 1)

    count(bag, "AT", MONDAY)
    at_once(2, naive)

    assert counted(bag) == [(MONDAY, "AT", 2)]
