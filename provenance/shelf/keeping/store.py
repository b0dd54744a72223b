"""
The table of told pages. Nobody waits for it: where it cannot be written, pages are told each time.

A page leaves it when one of its kind is told anew, when its day is over, and when anybody's personal data is erased.
"""

import logging
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from provenance.shelf.keeping.edition import EDITION
from provenance.shelf.keeping.grounds import COLUMNS, LISTS, Grounds, stands
from provenance.shelf.models import KeptPage
from provenance.trail.services import room
from provenance.trail.services.patience import unimportant

logger = logging.getLogger(__name__)

LEVEL = 6  # of zlib


@dataclass(frozen=True)
class Told:
    """A page with blanks, ``blank`` each, where something belongs to one bag; what a bag is compared with."""

    html: str
    blank: str
    packed: int | None
    pack_root: str


def find(lot_uri: str, form: str) -> tuple[UUID, Told] | None:
    """The kept page, if what it rests on is all that the trail says of it by now. One query."""
    sql = (
        f"SELECT p.id, p.html, p.blank, p.packed, p.pack_root, p.edition, p.until, {stands()}"  # noqa: S608
        " FROM shelf_keptpage p WHERE p.lot_uri = %s AND p.form = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [lot_uri, form])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, html, blank, packed, pack_root, edition, until, fresh = row
    if edition != EDITION or until <= time.time() or not fresh:
        return None
    try:
        text = zlib.decompress(bytes(html)).decode()
    except (zlib.error, UnicodeDecodeError):
        logger.error("the kept page of a lot cannot be read, and is told anew")
        return None
    return UUID(str(pk)), Told(text, blank, packed, pack_root)


def still(page: UUID) -> bool:
    """Whether this page would be found again. One query."""
    sql = f"SELECT p.until, {stands()} FROM shelf_keptpage p WHERE p.id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [page if connection.vendor == "postgresql" else page.hex])
        row = cursor.fetchone()
    return row is not None and row[0] > time.time() and bool(row[1])


def keep(lot_uri: str, form: str, told: Told, grounds: Grounds, digests: Collection[str], until: float) -> UUID | None:
    """
    Keep a page that was told on these grounds and shows the values of these digests; None where that cannot be now.

    Whether they still stand is asked after the row was written: whoever erases takes the table, and either finds the
    row, or is found by this question.
    """
    if settings.DEBUG or room.disk_fault():
        return None
    columns: dict[str, Any] = {name: getattr(grounds, name) for name in LISTS}
    columns |= zip(COLUMNS, grounds.counts, strict=True)
    page = KeptPage(
        lot_uri=lot_uri,
        form=form,
        edition=EDITION,
        until=int(until),
        html=zlib.compress(told.html.encode(), LEVEL),
        blank=told.blank,
        packed=told.packed,
        pack_root=told.pack_root,
        **columns,
    )
    try:
        with unimportant():
            KeptPage.objects.filter(lot_uri=lot_uri, form=form).delete()
            page.save(force_insert=True)
            if not grounds.with_values(digests).stand:
                transaction.set_rollback(True)
                return None
    except DatabaseError as error:
        # Somebody records, or the database takes no writes. The page is shown all the same.
        logger.info("a page was not kept: %s", error)
        return None
    return page.pk


def forget_all() -> None:
    """Empty the table, within the transaction of whoever erases something that pages may show."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE shelf_keptpage IN SHARE ROW EXCLUSIVE MODE")
    KeptPage.objects.all().delete()


def sweep() -> None:
    """Delete the pages whose day is over."""
    over = KeptPage.objects.filter(until__lte=int(time.time()))
    if over.exists():
        over.delete()
