"""
Bags and their codes: drawn before a ``pack`` is signed, kept after it was recorded, found again by a scan.

    drawn = draw_serials(40)                       # secrets, and the root that the pack act states
    [event] = record_acts(party, [Draft(Pack(..., count=40, serials_root=drawn.root.hex()))])
    keep_bags(drawn, lot_uri=..., gtin=..., product=...)
"""

import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from provenance.bags.models import Bag, Product
from provenance.coffee.identifiers import GS1_DOMAIN, digital_link, lot_code_of
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import HASH_SIZE, leaf_hash, node_hash
from provenance.tlog.proofs import check_inclusion, frontier_at, inclusion_proof

MAX_BAGS = 100_000
SERIAL_BYTES = 10
TOKEN_BYTES = 16
SALT_BYTES = 16


class BadBags(ValueError):
    """Bags that cannot be drawn or kept; ``str()`` of it is a sentence for the person who packs."""


@dataclass(frozen=True)
class DrawnBag:
    position: int
    serial: str
    token: str
    salt: bytes
    path: bytes


@dataclass(frozen=True)
class DrawnSerials:
    """The bags of one pack lot, not kept yet, and the root of their salted hashes (32 bytes)."""

    bags: tuple[DrawnBag, ...]
    root: bytes


def serial_leaf(salt: bytes, serial: str) -> bytes:
    """SHA-256(0x00 || salt || serial)."""
    return leaf_hash(salt + serial.encode("ascii"))


def draw_serials(count: int) -> DrawnSerials:
    """
    Draw ``count`` serials (80 bits, base32) with their salts and tokens (128 bits), and grow the tree over them.

    Nothing is stored. Raises ``BadBags`` unless 1 <= count <= 100,000.
    """
    if not 1 <= count <= MAX_BAGS:
        raise BadBags(f"A pack holds 1 to {MAX_BAGS:,} bags, not {count:,}. Pack in several lots.")
    salts = [secrets.token_bytes(SALT_BYTES) for _ in range(count)]
    serials = [_base32(SERIAL_BYTES) for _ in range(count)]
    tree = _tree([serial_leaf(salt, serial) for salt, serial in zip(salts, serials, strict=True)])
    bags = tuple(
        DrawnBag(
            position=position,
            serial=serial,
            token=_base32(TOKEN_BYTES).lower(),
            salt=salt,
            path=b"".join(inclusion_proof(position, count, lambda level, index: tree[level][index])),
        )
        for position, (salt, serial) in enumerate(zip(salts, serials, strict=True))
    )
    return DrawnSerials(bags, _root(tree, count))


def keep_bags(
    drawn: DrawnSerials, *, lot_uri: str, gtin: str | None = None, product: Product | None = None
) -> list[Bag]:
    """
    Keep the bags of a pack that has been recorded. Twice is refused by the database.

    Raises ``BadBags`` when the product has another GTIN than the pack.
    """
    if product is not None and product.gtin != (gtin or ""):
        raise BadBags(f"{product} has the GTIN {product.gtin or 'none'}, the pack states {gtin or 'none'}.")
    bags = [
        Bag(
            product=product,
            lot_uri=lot_uri,
            gtin=gtin or "",
            lot_code=lot_code_of(lot_uri),
            position=bag.position,
            serial=bag.serial,
            token=bag.token,
            salt=bag.salt,
            path=bag.path,
        )
        for bag in drawn.bags
    ]
    with transaction.atomic():
        return Bag.objects.bulk_create(bags, batch_size=500)


def find_bag(
    *, token: str | None = None, gtin: str | None = None, lot: str | None = None, serial: str | None = None
) -> Bag | None:
    """The bag behind a token, or behind GTIN, lot code and serial; None when no such bag was ever issued."""
    if token is not None:
        # A database may choke on what cannot be a token.
        return _bag_where({"token": token.lower()}) if token.isalnum() else None
    # EPCIS names a bag by GTIN and serial number alone; the serial number is enough.
    lots = {} if lot is None else {"lot_code": lot}
    return _bag_where({"gtin": gtin, **lots, "serial": serial})


def _bag_where(named: Mapping[str, str | None]) -> Bag | None:
    """The first bag, with its product. Put together by the ORM, this query costs more than the rest of a scan."""
    bag_columns, product_columns = _columns(Bag), _columns(Product)
    columns = [f"b.{column}" for column in bag_columns] + [f"p.{column}" for column in product_columns]
    where = " AND ".join(f"b.{name} = %s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM bags_bag b LEFT JOIN bags_product p ON p.id = b.product_id"  # noqa: S608
            f" WHERE {where} ORDER BY b.id LIMIT 1",
            list(named.values()),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    bag = Bag.from_db(connection.alias, bag_columns, row[: len(bag_columns)])
    if bag.product_id is not None:
        bag.product = Product.from_db(connection.alias, product_columns, row[len(bag_columns) :])
    return bag


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.column for field in model._meta.concrete_fields)


def find_lot(*, gtin: str, lot: str) -> str | None:
    """URI of the pack lot with this code, if bags of it were issued under the GTIN."""
    return Bag.objects.filter(gtin=gtin, lot_code=lot).values_list("lot_uri", flat=True).first()


def find_product(gtin: str) -> Product | None:
    return Product.objects.filter(gtin=gtin).first()


def bags_of(lot_uri: str) -> Sequence[Bag]:
    """The bags of a pack lot in their order, for its label sheet."""
    return Bag.objects.filter(lot_uri=lot_uri).select_related("product")


def bag_url(bag: Bag, *, level: str = "") -> str:
    """
    What the bag's QR code says: a GS1 Digital Link where the roaster has a GTIN, else ``/t/`` and the token.

    ``level``: what it names, "gtin", "lot", "serial" or "token"; as the product says where empty.
    """
    level = level or (bag.product.label_level if bag.product else Product.LabelLevel.SERIAL)
    if not bag.gtin or level == "token":
        return f"{settings.PUBLIC_URL}/t/{bag.token}"
    link = digital_link(
        GS1_DOMAIN,
        bag.gtin,
        bag.lot_code if level != Product.LabelLevel.GTIN else None,
        bag.serial if level == Product.LabelLevel.SERIAL else None,
    )
    # The same path under our own address; without https on a machine that serves itself only.
    return settings.PUBLIC_URL + urlsplit(link).path


def bag_path(bag: Bag) -> list[bytes]:
    """The audit path from the bag's hash to the root that its ``pack`` states, the sibling first."""
    path = bytes(bag.path)
    return [path[at : at + HASH_SIZE] for at in range(0, len(path), HASH_SIZE)]


def bag_is_of(bag: Bag, *, count: int, serials_root: bytes) -> bool:
    """Whether this bag's serial is one of the ``count`` under the root that the signed ``pack`` states."""
    try:
        check_inclusion(bag.position, count, serial_leaf(bytes(bag.salt), bag.serial), bag_path(bag), serials_root)
    except ProofRefused:
        return False
    return True


def _base32(size: int) -> str:
    return b32encode(secrets.token_bytes(size)).decode().rstrip("=")


def _tree(leaves: list[bytes]) -> list[list[bytes]]:
    """All perfect subtrees, level by level; ``tree[level][index]``."""
    tree = [leaves]
    while len(tree[-1]) > 1:
        below = tree[-1]
        tree.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return tree


def _root(tree: list[list[bytes]], count: int) -> bytes:
    return frontier_at(count, lambda level, index: tree[level][index]).root()
