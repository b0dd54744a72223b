from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_gtin


def validate_gtin(value: str) -> None:
    try:
        check_gtin(value)
    except UnknownIdentifier as error:
        raise ValidationError(str(error)) from error


class Product(models.Model):
    """
    What a roaster sells under one name and, where it has one, one GTIN.

    It holds no recipe: what is in a bag belongs to the pack lot, because house blends change under one GTIN.
    """

    class LabelLevel(models.TextChoices):
        GTIN = "gtin", "product only (GTIN)"
        LOT = "lot", "product and lot"
        SERIAL = "serial", "product, lot and bag"

    party_uri = models.CharField("roaster", max_length=200)
    name = models.CharField(max_length=120)
    gtin = models.CharField(
        "GTIN", max_length=14, blank=True, validators=[validate_gtin], help_text="14 digits; empty where you have none."
    )
    net_mg = models.BigIntegerField("net weight (mg)", validators=[MinValueValidator(1), MaxValueValidator(10**12)])
    label_level = models.CharField(
        "what the code names", max_length=6, choices=LabelLevel.choices, default=LabelLevel.SERIAL
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gtin"],
                condition=~models.Q(gtin=""),
                name="product_gtin_once",
                violation_error_message="Another product already has this GTIN.",
            ),
            models.CheckConstraint(condition=models.Q(net_mg__gt=0), name="product_net_positive"),
            models.CheckConstraint(
                condition=models.Q(label_level__in=["gtin", "lot", "serial"]), name="product_label_level_known"
            ),
        ]
        indexes = [models.Index(fields=["party_uri"], name="product_party")]

    def __str__(self) -> str:
        return self.name


class Link(models.Model):
    """Where else a scan of this product may lead: a GS1 link type such as ``gs1:certificationInfo``, and an address."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="links")
    type = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    href = models.URLField(max_length=400)

    class Meta:
        ordering = ["type", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "type", "href"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.href}"


class Bag(models.Model):
    """
    One bag of a pack lot, and the secrets that let its code be told from a made-up one.

    The signed ``pack`` holds only the Merkle root over SHA-256(0x00 || salt || serial) of all bags of the lot, in the
    order of ``position``. ``path`` leads from this bag's hash to that root; the bag's own page shows it, and nothing
    ever lists the serials of bags that nobody has scanned.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="bags")
    lot_uri = models.CharField("pack lot", max_length=200)
    gtin = models.CharField("GTIN", max_length=14, blank=True)
    lot_code = models.CharField(max_length=20)
    position = models.PositiveIntegerField()
    serial = models.CharField(max_length=20)
    token = models.CharField(max_length=32, unique=True)
    salt = models.BinaryField()
    path = models.BinaryField(help_text="32 bytes a hash, the bag's sibling first")

    class Meta:
        ordering = ["lot_uri", "position"]
        constraints = [
            models.UniqueConstraint(fields=["lot_uri", "position"], name="bag_position_once"),
            models.UniqueConstraint(fields=["lot_uri", "serial"], name="bag_serial_once"),
        ]
        indexes = [
            # What a Digital Link names: /01/{gtin}/10/{lot}/21/{serial}.
            models.Index(fields=["gtin", "lot_code", "serial"], name="bag_digital_link"),
        ]

    def __str__(self) -> str:
        return f"bag {self.position + 1} of {self.lot_code}"
