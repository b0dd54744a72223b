"""Each receipt on the trail gets its row, by which its code is found."""

from django.db.models import Max

from farms.models import Receipt
from provenance.coffee.acts import Receive
from provenance.coffee.check_code import check_code_of
from provenance.coffee.statement import parse
from provenance.trail.models import Event

# Who records slowly may be overtaken: so many rows before the newest numbered one are looked at again.
OVERTAKEN = 10_000
AT_ONCE = 500


def code_of(event: Event) -> str:
    """The check code of a receipt, which finds it from now on."""
    code = check_code_of(parse(bytes(event.statement)))
    Receipt.objects.get_or_create(event=event, defaults={"code": code})
    return code


def number_new() -> int:
    """Receipts that were recorded lately. How many got a code."""
    newest = Receipt.objects.aggregate(newest=Max("event"))["newest"] or 0
    return number(after=newest - OVERTAKEN)


def number_all() -> int:
    """Whatever was left behind, however long ago it was recorded. How many got a code."""
    return number(after=0)


def number(*, after: int) -> int:
    missing = Event.objects.filter(act=Receive.name, pk__gt=after).exclude(pk__in=Receipt.objects.values("event"))
    done = 0
    while events := list(missing.order_by("pk")[:AT_ONCE]):
        rows = [Receipt(event=event, code=check_code_of(parse(bytes(event.statement)))) for event in events]
        Receipt.objects.bulk_create(rows, ignore_conflicts=True)
        done += len(rows)
    return done
