"""
The windows of this door on the trail's projections.

Each is a proxy: it holds nothing and writes nothing, it only gives the admin a page with the words of the trade.
"""

from provenance.trail.models import Balance, Event, Handover, Lot, Shortfall
from shipments.imports.models import ImportFile, ImportRow  # noqa: F401  Django looks for models here


class Stock(Balance):
    """What lies where, whose it is and who holds it."""

    class Meta:
        proxy = True
        verbose_name = "lot in stock"
        verbose_name_plural = "lots in stock"


class OwnLot(Lot):
    """A lot that one has, or had."""

    class Meta:
        proxy = True
        verbose_name = "lot"
        verbose_name_plural = "lots"


class Delivery(Handover):
    """What is on its way to one, or from one."""

    class Meta:
        proxy = True
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"


class OpenShortfall(Shortfall):
    """More was used than anybody said was there."""

    class Meta:
        proxy = True
        verbose_name = "shortfall"
        verbose_name_plural = "shortfalls"


class TrailEvent(Event):
    """Something that was signed and that names one's own business."""

    class Meta:
        proxy = True
        verbose_name = "event on the trail"
        verbose_name_plural = "events on the trail"
