"""Names for new lots, and what a new lot inherits from those it is made of."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date

from django.conf import settings

from provenance.bags.models import Bag
from provenance.coffee.acts import Attributes, Form
from provenance.coffee.identifiers import check_lot_code, gs1_lot_uri, lot_uri
from provenance.trail.models import Lot
from provenance.trail.services.projecting import attributes_from_json
from shipments.services.plans import Refused

# Without letters and digits that look alike on a sack.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# What the signer must say anew of each lot: a claim, and what the step itself changes.
NOT_INHERITED = {"claims", "grade", "best_before"}


def draw_code(today: date) -> str:
    """A lot code that is free: the day, and five letters by chance."""
    return f"{today:%y%m%d}-{''.join(secrets.choice(LETTERS) for _ in range(5))}"


def new_lot(code: str, form: Form, *, party: str, gtin: str | None = None, may_exist: bool = False) -> str:
    """
    URI of a lot that this party may make.

    ``may_exist`` lets coffee be added to a lot of the party's own that is still open (a silo). Raises UnknownIdentifier
    and Refused.
    """
    code = check_lot_code(code)
    uri = gs1_lot_uri(gtin, code) if gtin else lot_uri(settings.TRAIL_HOST, form, code)
    known = Lot.objects.filter(uri=uri).first()
    may_add = known and may_exist and known.opened_by == party and not known.closed
    if (known and not may_add) or Bag.objects.filter(lot_uri=uri).exists():
        raise Refused(f"There is a lot {code} already. Give this one another code.", field="code")
    return uri


def inherited(lots: Sequence[str], **said: object) -> Attributes:
    """What all these lots agree on, and what the signer says of the new one."""
    parents = [attributes_from_json(lot.attributes) for lot in Lot.objects.filter(uri__in=lots)]
    common = {
        field.name: agreed(getattr(parent, field.name) for parent in parents)
        for field in fields(Attributes)
        if parents and field.name not in NOT_INHERITED
    }
    values = {**common, **said}
    return Attributes(**{name: value for name, value in values.items() if value})  # type: ignore[arg-type]


def agreed(values: Iterable[object]) -> object:
    different = set(values)
    return different.pop() if len(different) == 1 else None
