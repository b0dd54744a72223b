"""
How labels of a product look, and the windows of this door on the trail's projections.

Each window is a proxy: it holds nothing and writes nothing, it only gives the admin a page with the words of the trade.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from provenance.bags.models import Product, check_readable
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


class IssuedCertificate(Event):
    """A certificate that one has issued oneself."""

    class Meta:
        proxy = True
        verbose_name = "certificate"
        verbose_name_plural = "certificates"


def all_fields() -> list[str]:
    return ["product", "roaster", "net", "number"]


class LabelLayout(models.Model):
    """
    How labels of a product look: what they are printed on, what their code names, what stands beside it.

    The lot's code and the address stand on every label: who has no camera finds the page with them.
    """

    class Paper(models.TextChoices):
        A4_21 = "a4-21", "A4 sheet, 21 labels of 63.5 × 38.1 mm"
        A4_24 = "a4-24", "A4 sheet, 24 labels of 63.5 × 33.9 mm"
        A4_24_WIDE = "a4-24-wide", "A4 sheet, 24 labels of 70 × 37 mm"
        A4_65 = "a4-65", "A4 sheet, 65 labels of 38.1 × 21.2 mm"
        ROLL_58 = "roll-58", "roll, 58 mm wide"
        ROLL_100 = "roll-100", "roll, 100 mm wide"

    class Printer(models.TextChoices):
        PDF = "pdf", "any printer (PDF)"
        ZPL_203 = "zpl-203", "label printer with ZPL, 203 dpi"
        ZPL_300 = "zpl-300", "label printer with ZPL, 300 dpi"

    class Level(models.TextChoices):
        GTIN = "gtin", "the product (GTIN)"
        LOT = "lot", "product and lot: one code for all bags, as for inkjet"
        SERIAL = "serial", "product, lot and bag"
        TOKEN = "token", "the bag, by a link without GTIN"

    class Field(models.TextChoices):
        PRODUCT = "product", "product name"
        ROASTER = "roaster", "roaster"
        ORIGIN = "origin", "origin"
        CUP_NOTES = "cup_notes", "cup notes"
        ROASTED = "roasted", "roast date"
        BEST_BEFORE = "best_before", "best before"
        NET = "net", "net weight"
        NUMBER = "number", "number of the bag"

    product = models.ForeignKey(Product, models.CASCADE, related_name="layouts")
    name = models.CharField("name of the layout", max_length=60)
    paper = models.CharField("printed on", max_length=12, choices=Paper.choices, default=Paper.A4_21)
    height_mm = models.PositiveSmallIntegerField(
        "height of a label (mm)",
        null=True,
        blank=True,
        validators=[MinValueValidator(20), MaxValueValidator(200)],
        help_text="Rolls only. Left empty: 40 mm on 58 mm rolls, 50 mm on 100 mm rolls.",
    )
    printer = models.CharField(max_length=8, choices=Printer.choices, default=Printer.PDF)
    level = models.CharField("the code names", max_length=6, choices=Level.choices, default=Level.SERIAL)
    capitals = models.BooleanField(
        "the link in capitals",
        default=False,
        help_text="Makes a smaller code of a link with GTIN. A few older apps do not read it.",
    )
    fields = models.JSONField("beside the code", default=all_fields, blank=True)
    origin = models.CharField(
        "origin, in your words", max_length=120, blank=True, help_text="Left empty: as the lot was signed."
    )
    cup_notes = models.CharField("cup notes", max_length=120, blank=True, help_text="As on the bag: plum, cocoa.")
    right_mm = models.DecimalField(
        "move to the right (mm)",
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=[MinValueValidator(-10), MaxValueValidator(10)],
    )
    down_mm = models.DecimalField(
        "move down (mm)",
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=[MinValueValidator(-10), MaxValueValidator(10)],
    )

    class Meta:
        ordering = ["product__name", "name", "pk"]
        verbose_name = "label layout"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "name"],
                name="label_layout_name_once",
                violation_error_message="This product has a layout of that name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        check_readable(self, "name", "origin", "cup_notes")

    @property
    def dpi(self) -> int | None:
        """Dots an inch of a label printer; None for what any printer prints."""
        return {"zpl-203": 203, "zpl-300": 300}.get(self.printer)
