"""
How often bags are opened. A count knows the bag, the day and at most the country: nothing of who opened it.

    count_if_idle(bag, country="AT")     # from the page's beacon
    opened_often(bag)                    # for the page: no query
"""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from provenance.bags.models import Bag, Product, ScanCount
from provenance.bags.services.messages import report_often
from provenance.bags.services.often import FEWEST, DayCount, is_often
from provenance.trail.services import room

# So much of the time may one process write counts; and so many seconds at once after a rest.
PART_OF_TIME = 0.2
AT_ONCE = 5.0
# Who cannot write within this many seconds, because others record, does not count.
PATIENCE = 0.1
# Of fewer opened bags nobody can say what is usual. How long what was said holds, in seconds.
ENOUGH_BAGS = 30
USUAL_HOLDS = 600


@dataclass(frozen=True)
class Often:
    """The bag was opened ``times`` in ``days``, and that is more than a bag is."""

    times: int
    days: int


def opened_often(bag: Bag | None) -> Often | None:
    """What the bag's page has to say of it; None where there is nothing to say. No query."""
    if bag is None or bag.often_since is None or bag.opens < FEWEST:
        return None
    return Often(bag.opens, (bag.last_opened - bag.first_opened).days + 1)


def scans_of(lot_uris: Collection[str]) -> dict[str, int]:
    """How often the bags of each pack lot were opened, from 10 times up. One query."""
    opened = Bag.objects.filter(lot_uri__in=lot_uris, opens__gt=0).order_by().values_list("lot_uri")
    return dict(opened.annotate(times=Sum("opens")).filter(times__gte=FEWEST))


def count(bag: Bag, country: str = "", day: date | None = None) -> None:
    """
    Count that the bag was opened, and see whether that was often. ``country``: two letters, "" where unknown.

    The bag's own row is taken first, so all who count the same bag come one after the other.
    """
    day = day or datetime.now(UTC).date()
    with transaction.atomic():
        Bag.objects.filter(pk=bag.pk).update(
            opens=F("opens") + 1, first_opened=Coalesce(F("first_opened"), day), last_opened=day
        )
        if not ScanCount.objects.filter(bag=bag, day=day, country=country).update(n=F("n") + 1):
            ScanCount.objects.create(bag=bag, day=day, country=country)
        now = Bag.objects.select_related("product").get(pk=bag.pk)
        if now.often_since is None and now.opens >= FEWEST and _is_often(now):
            Bag.objects.filter(pk=bag.pk).update(often_since=day)
            report_often(now)


def _is_often(bag: Bag) -> bool:
    counts = [
        DayCount(*row) for row in ScanCount.objects.filter(bag=bag).values_list("day", "country", "n").order_by("day")
    ]
    return is_often(counts) and is_often(counts, usual_openings(bag.product))


def usual_openings(product: Product | None) -> int:
    """Openings that nine in ten opened bags of the product do not exceed; 0 where too few were opened to say."""
    if product is None:
        return 0
    return cache.get_or_set(f"usual-openings-{product.pk}", lambda: _nine_in_ten(product), USUAL_HOLDS)


def _nine_in_ten(product: Product) -> int:
    opened = Bag.objects.filter(product=product, opens__gt=0).order_by("opens").values_list("opens", flat=True)
    bags = opened.count()
    return opened[bags * 9 // 10] if bags >= ENOUGH_BAGS else 0


# Counting is the least of what the site has to do


class _Allowance:
    """Seconds of writing that are left: a part of the time that goes by, and never more than ``AT_ONCE``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.left = AT_ONCE
        self.at = time.monotonic()

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether one may write now, alone in this process; the time it takes is taken off."""
        if not self.lock.acquire(timeout=PATIENCE):
            yield False
            return
        try:
            began = time.monotonic()
            self.left = min(AT_ONCE, self.left + PART_OF_TIME * (began - self.at))
            yield self.left > 0
            self.at = time.monotonic()
            self.left -= self.at - began
        finally:
            self.lock.release()


_allowance = _Allowance()


def count_if_idle(bag: Bag, country: str = "") -> bool:
    """
    Count, unless that would keep others from recording; whether it was counted.

    A count that is left out is lost, so the figures are "at least".
    """
    with _allowance.taken() as allowed:
        if not allowed or room.disk_fault():
            return False
        try:
            with _impatient(), transaction.atomic():
                _may_be_lost()
                count(bag, country)
        except OperationalError:
            # Somebody else writes. What they record matters more.
            return False
    return True


@contextmanager
def _impatient() -> Iterator[None]:
    """On SQLite one writes at a time, and whoever waits for the pen holds a thread of the web server."""
    if connection.vendor != "sqlite":
        yield
        return
    patience = settings.DATABASES["default"]["OPTIONS"]["timeout"]
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")


def _may_be_lost() -> None:
    """On PostgreSQL: give up soon where another holds the row, and do not wait for the disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {int(PATIENCE * 1000)}")
            cursor.execute("SET LOCAL synchronous_commit = off")
