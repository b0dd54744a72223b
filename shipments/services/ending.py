"""Coffee leaves the trail, or is called back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from provenance.bags.models import Bag
from provenance.coffee.acts import Dispose, LiftRecall, Recall, Sell
from provenance.trail.models import Balance
from provenance.trail.models import Recall as Recalled
from provenance.trail.services.queries import closure
from shipments.services.moving import Line, named, other_than
from shipments.services.plans import Plan, plan


@dataclass(frozen=True)
class Reach:
    """What a recall of some lots reaches: these lots and everything made of them."""

    lots: tuple[str, ...]
    mass_mg: int
    bags: int


def reach_of(lots: Sequence[str]) -> Reach:
    """Kilograms are what is still somewhere; bags are all that were ever filled."""
    reached = tuple(dict.fromkeys([*lots, *closure(lots, down=True).lots]))
    still = Balance.objects.filter(lot__uri__in=reached, mg__gt=0).aggregate(mg=Sum("mg"))["mg"]
    return Reach(reached, still or 0, Bag.objects.filter(lot_uri__in=reached).count())


def called_back() -> set[str]:
    """Every lot that a recall which stands reaches, whoever called back, and whatever it was made into since."""
    recalled = list(Recalled.objects.values_list("lot__uri", flat=True).distinct())
    return {*recalled, *closure(recalled, down=True).lots} if recalled else set()


def sell(
    *,
    party: str,
    at: datetime,
    site: str,
    lines: Sequence[Line],
    owner: str | None = None,
    buyer: str = "",
    price: str = "",
    note: str = "",
) -> Plan:
    """Sell to somebody who is not on the trail. Who bought, and for how much, stays out of the signed bytes."""
    act = Sell(at=at, site=site, lines=tuple(line.mass for line in lines), owner=other_than(party, owner))
    return plan(party, act, weights=named(lines), buyer=buyer, price=price, note=note)


def dispose(
    *,
    party: str,
    at: datetime,
    site: str,
    lines: Sequence[Line],
    reason: str,
    owner: str | None = None,
    note: str = "",
) -> Plan:
    act = Dispose(
        at=at, site=site, lines=tuple(line.mass for line in lines), reason=reason, owner=other_than(party, owner)
    )
    return plan(party, act, weights=named(lines), note=note)


def recall(*, party: str, at: datetime, site: str, lots: Sequence[str], reason: str, note: str = "") -> Plan:
    """Call lots back. Every page of what was made of them says so at once."""
    return plan(party, Recall(at=at, site=site, lots=tuple(lots), reason=reason), note=note)


def lift_recall(*, party: str, at: datetime, site: str, lots: Sequence[str], recall: str, note: str = "") -> Plan:
    """End one's own recall for these lots; ``recall`` is its event id."""
    return plan(party, LiftRecall(at=at, site=site, lots=tuple(lots), recall=recall), note=note)
