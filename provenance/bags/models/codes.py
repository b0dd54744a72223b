import re
from unicodedata import normalize
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_gtin, check_lot_code
from provenance.coffee.strict_json import MalformedJson, check_text


def validate_gtin(value: str) -> None:
    try:
        check_gtin(value)
    except UnknownIdentifier as error:
        raise ValidationError(str(error)) from error


def validate_lot_code(value: str) -> None:
    try:
        check_lot_code(value)
    except UnknownIdentifier as error:
        raise ValidationError(str(error)) from error


def validate_language(value: str) -> None:
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", value):
        raise ValidationError("Write the language as en, de or pt-BR.")


def validate_target(value: str) -> None:
    """A link leads to a page on https, and neither pretends to be another host nor back to a code."""
    try:
        parts = urlsplit(value)
        own = parts.netloc.lower() == urlsplit(settings.PUBLIC_URL).netloc.lower()
    except ValueError as error:
        raise ValidationError("This is not the address of a page.") from error
    if parts.scheme != "https":
        raise ValidationError("A link begins with https://, so that nobody on the way can change where it leads.")
    if "@" in parts.netloc:
        raise ValidationError("An address with a name before its host (…@…) looks like another host's: leave it out.")
    if own and parts.path.startswith(("/01/", "/t/")):
        raise ValidationError("This is the code itself: it would lead in a circle.")


def check_readable(row: models.Model, *fields: str) -> None:
    """
    Brings words into composed Unicode. Raises ValidationError where they hold what statements may not hold either:
    control characters, or those that turn the direction of writing, and with it what stands beside them.
    """
    for field in fields:
        words = normalize("NFC", getattr(row, field))
        try:
            check_text(words)
        except MalformedJson as error:
            raise ValidationError({field: str(error)}) from error
        setattr(row, field, words)


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

    @property
    def bags_bear_gtin(self) -> bool:
        """Whether codes with its GTIN are printed. One query."""
        return self.pk is not None and self.bags.exclude(gtin="").exists()

    def clean(self) -> None:
        check_readable(self, "name")


class Link(models.Model):
    """
    Where else a scan of this product, or of one of its lots, may lead: a link type of the GS1 Web Vocabulary and an
    address. What the trail answers for (journey, events, recalls) is no type to choose: nobody leads those elsewhere.
    """

    class Type(models.TextChoices):
        PIP = "pip", "about the product (pip)"
        HOMEPAGE = "homepage", "your home page (homepage)"
        CERTIFICATION = "certificationInfo", "a certificate (certificationInfo)"
        SUSTAINABILITY = "sustainabilityInfo", "how it is grown and traded (sustainabilityInfo)"
        PASSPORT = "dpp", "a digital product passport (dpp)"
        INSTRUCTIONS = "instructions", "how to brew it (instructions)"
        RECIPE = "recipeInfo", "recipes (recipeInfo)"
        STORAGE = "consumerHandlingStorageInfo", "how to keep it (consumerHandlingStorageInfo)"
        INGREDIENTS = "ingredientsInfo", "ingredients (ingredientsInfo)"
        NUTRITION = "nutritionalInfo", "nutrition (nutritionalInfo)"
        ALLERGENS = "allergenInfo", "allergens (allergenInfo)"
        SAFETY = "safetyInfo", "safety (safetyInfo)"
        RETAILERS = "hasRetailers", "where to buy it (hasRetailers)"
        SUBSCRIBE = "subscribe", "a subscription (subscribe)"
        PROMOTION = "promotion", "an offer (promotion)"
        REVIEW = "review", "a review (review)"
        LEAVE_REVIEW = "leaveReview", "where to leave a review (leaveReview)"
        IMAGE = "relatedImage", "a picture (relatedImage)"
        VIDEO = "relatedVideo", "a film (relatedVideo)"
        TUTORIAL = "tutorial", "a course (tutorial)"
        EVENTS = "eventsInfo", "tastings and other events (eventsInfo)"
        SOCIAL = "socialMedia", "social media (socialMedia)"
        FAQS = "faqs", "questions and answers (faqs)"
        SUPPORT = "support", "whom to ask (support)"

    class MediaType(models.TextChoices):
        HTML = "text/html", "a web page"
        PDF = "application/pdf", "PDF"
        JSON = "application/json", "JSON"
        JSON_LD = "application/ld+json", "JSON-LD"
        VERIFIABLE = "application/vc", "a verifiable credential"
        JPEG = "image/jpeg", "JPEG picture"
        PNG = "image/png", "PNG picture"
        WEBP = "image/webp", "WebP picture"
        MP4 = "video/mp4", "MP4 film"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="links")
    lot_code = models.CharField(
        "lot", max_length=20, blank=True, validators=[validate_lot_code], help_text="Empty: for every lot."
    )
    type = models.CharField("leads to", max_length=60, choices=Type.choices)
    title = models.CharField(max_length=120)
    href = models.URLField("address", max_length=400, validators=[validate_target])
    language = models.CharField(
        max_length=5, blank=True, validators=[validate_language], help_text="en, de, pt-BR …; empty: for everybody."
    )
    media_type = models.CharField(
        "what it is", max_length=40, choices=MediaType.choices, default=MediaType.HTML, blank=True
    )

    class Meta:
        ordering = ["type", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "lot_code", "type", "href", "language"],
                name="link_once",
                violation_error_message="The product has this link already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.href}"

    def clean(self) -> None:
        check_readable(self, "title")


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
    opens = models.PositiveIntegerField("times opened", default=0)
    first_opened = models.DateField(null=True, blank=True)
    last_opened = models.DateField(null=True, blank=True)
    often_since = models.DateField("opened often since", null=True, blank=True)

    class Meta:
        ordering = ["lot_uri", "position"]
        constraints = [
            models.UniqueConstraint(fields=["lot_uri", "position"], name="bag_position_once"),
            models.UniqueConstraint(fields=["lot_uri", "serial"], name="bag_serial_once"),
        ]
        indexes = [
            # What a Digital Link names: /01/{gtin}/10/{lot}/21/{serial}.
            models.Index(fields=["gtin", "lot_code", "serial"], name="bag_digital_link"),
            # How often the bags of a product are opened; most never are.
            models.Index(fields=["product", "opens"], name="bag_opened", condition=models.Q(opens__gt=0)),
        ]

    def __str__(self) -> str:
        return f"bag {self.position + 1} of {self.lot_code}"
