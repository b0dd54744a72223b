"""Finds what an address names. A lot is asked for by its URI or, where that is clear, by its code."""

from django.db.models import Q

from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Form
from provenance.trail.models import Log, Lot


class SeveralLots(Exception):
    """Two lots have this code; only the URI says which one is meant."""


def lot_of(reader: Reader, name: str, *, packed: bool = False) -> Lot | None:
    """
    The lot, if this reader may know of it; with ``packed``, lots in bags are known to everybody.

    Raises ``SeveralLots``.
    """
    if "\x00" in name:
        # PostgreSQL refuses to be asked with it, and no name holds it.
        return None
    known = Q(pk__in=reader.lots().values("pk"))
    if packed:
        known |= Q(form=Form.PACKED)
    named = {"uri" if name.startswith("https://") else "code": name}
    lots = list(Lot.objects.filter(known, **named)[:2])
    if len(lots) > 1:
        raise SeveralLots(f"More than one lot has the code {name}. Ask with the lot's whole URI: ?uri=…")
    return lots[0] if lots else None


def log_of(name: str, number: int) -> Log | None:
    return Log.objects.filter(name=name, number=number).first()
