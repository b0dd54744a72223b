"""
What the trail says, in rows that pages and forms can ask: made from the signed statements, never the evidence.

All of it can be rebuilt (``services.projecting``). A primary key that others point at is the UUIDv5 of the thing's URI,
so a rebuilt row is the same row.
"""

import uuid
from functools import lru_cache

from django.db import models
from django.db.models import Q

from provenance.trail.models.log import Event, Log


@lru_cache(maxsize=16_384)
def pk_of(uri: str) -> uuid.UUID:
    """The primary key of a party, site, plot or lot: UUIDv5 of its URI (RFC 9562, 5.5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, uri)


class Party(models.Model):
    """A person, group or organisation. Its name is withheld and lies sealed in ``Disclosure``."""

    id = models.UUIDField(primary_key=True, editable=False)
    log = models.ForeignKey(Log, models.PROTECT, related_name="+")
    uri = models.CharField(max_length=200, unique=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    roles = models.JSONField(default=list)
    country = models.CharField(max_length=2, blank=True)
    guardian = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "parties"

    def __str__(self) -> str:
        return self.uri


class Key(models.Model):
    """
    A key and whose it is, for ever. From which leaf to which it counts is read from the places of the two events that
    made and ended it, so no row changes when they are published.
    """

    log = models.ForeignKey(Log, models.PROTECT, related_name="+")
    kid = models.CharField(max_length=43)
    party = models.CharField(max_length=200)
    x = models.CharField("public key", max_length=43)
    custody = models.CharField(max_length=6)
    registrar = models.CharField(max_length=200, blank=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    revoked_by = models.ForeignKey(Event, models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    disputed_from = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "kid"], name="key_once")]
        # The keys of a party: its page, and whether another of its keys signed a new one.
        indexes = [models.Index(fields=["party"], name="key_party")]

    def __str__(self) -> str:
        return self.kid


class Site(models.Model):
    """A farm, washing station, mill, warehouse or roastery. Its name and place lie sealed in ``Disclosure``."""

    id = models.UUIDField(primary_key=True, editable=False)
    log = models.ForeignKey(Log, models.PROTECT, related_name="+")
    uri = models.CharField(max_length=200, unique=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    party = models.ForeignKey(Party, models.PROTECT, related_name="sites")
    kind = models.CharField(max_length=24)
    country = models.CharField(max_length=2, blank=True)
    geo = models.CharField(max_length=40, blank=True, help_text="Rounded to 0.1 degrees.")

    def __str__(self) -> str:
        return self.uri


class Plot(models.Model):
    """A piece of land of a farm; its boundary is withheld."""

    id = models.UUIDField(primary_key=True, editable=False)
    log = models.ForeignKey(Log, models.PROTECT, related_name="+")
    uri = models.CharField(max_length=200, unique=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="plots")
    country = models.CharField(max_length=2)
    area_m2 = models.PositiveBigIntegerField()
    geo = models.CharField(max_length=40, blank=True, help_text="Rounded to 0.1 degrees.")

    def __str__(self) -> str:
        return self.uri


class Lot(models.Model):
    """A quantity of coffee in one form under one identifier. How much there is of it stands in ``Balance``."""

    id = models.UUIDField(primary_key=True, editable=False)
    log = models.ForeignKey(Log, models.PROTECT, related_name="lots")
    uri = models.CharField(max_length=200, unique=True)
    code = models.CharField(max_length=40, db_index=True)
    # Without form and opener: it was only ever drawn from, nobody said that it began.
    form = models.CharField(max_length=16, blank=True)
    opened_by = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        Event, models.PROTECT, related_name="lots_made", null=True, blank=True, help_text="What first filled it."
    )
    attributes = models.JSONField(default=dict)
    origin = models.BooleanField(default=False, help_text="It began in the trail: a harvest, a first receipt.")
    day_lot = models.BooleanField(default=False)
    closed = models.BooleanField(default=False)
    poured_mg = models.BigIntegerField(default=0)
    pours = models.PositiveIntegerField(default=0)
    net_mg = models.BigIntegerField(null=True, blank=True, help_text="Of one bag, in milligrams.")
    count = models.PositiveIntegerField(null=True, blank=True, help_text="Bags packed.")
    gtin = models.CharField(max_length=14, blank=True)
    gained_ppm = models.PositiveIntegerField(default=0, help_text="Millionths of its weight that were gained.")
    gained_by = models.CharField(max_length=45, blank=True, help_text="Id of the event that brought that.")
    other_gain_ppm = models.PositiveIntegerField(default=0, help_text="The most that any other event brought.")

    class Meta:
        # A Digital Link names GTIN and lot: the resolver's question.
        indexes = [models.Index(fields=["gtin", "code"], name="lot_gtin_code", condition=~Q(gtin=""))]

    def __str__(self) -> str:
        return self.code


class Balance(models.Model):
    """
    How much of a lot lies where, whose it is and who holds it. Negative: used before anybody said it was there.

    ``site`` is a site's URI or, in transit, the id of the dispatch. A row that was emptied stays, at zero.
    """

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="balances", db_index=False)
    site = models.CharField(max_length=200)
    owner = models.CharField(max_length=200)
    custodian = models.CharField(max_length=200)
    mg = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "site", "owner", "custodian"], name="balance_once"),
        ]
        indexes = [
            # Stock at a site, and of a party: the admin's first page.
            models.Index(fields=["site"], name="balance_site"),
            models.Index(fields=["custodian"], name="balance_custodian"),
            models.Index(fields=["owner"], name="balance_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.mg} mg"


class Holder(models.Model):
    """Who owns, holds, or once owned or held a lot: whoever may recall it."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="holders", db_index=False)
    party = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "party"], name="holder_once")]
        # The lots of a party: its list in the admin and in the API.
        indexes = [models.Index(fields=["party"], name="holder_party")]

    def __str__(self) -> str:
        return self.party


class Posting(models.Model):
    """What one event did to one balance, in milligrams: kept so that a correction takes back exactly that."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="postings")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    site = models.CharField(max_length=200)
    owner = models.CharField(max_length=200)
    custodian = models.CharField(max_length=200)
    mg = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.mg} mg"


class LotEdge(models.Model):
    """How much of ``child`` came out of ``parent`` in one event; no parent: its origin is unknown."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="edges")
    held_mg = models.BigIntegerField(default=0, help_text="What the child held just before.")
    # Two indexes, one for each way of the closure.
    parent = models.ForeignKey(Lot, models.PROTECT, related_name="children", null=True, blank=True)
    child = models.ForeignKey(Lot, models.PROTECT, related_name="parents")
    mg = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.mg} mg"


class Handover(models.Model):
    """A dispatch, until it is received or refused. ``rest`` is what is still in transit: lot URI to milligrams."""

    dispatch = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="handover")
    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    from_party = models.CharField(max_length=200)
    from_site = models.CharField(max_length=200)
    to_party = models.CharField(max_length=200)
    to_site = models.CharField(max_length=200, blank=True)
    title = models.BooleanField()
    rest = models.JSONField(default=dict)
    received_mg = models.BigIntegerField(default=0)
    refused_mg = models.BigIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)
    state = models.CharField(max_length=10)

    class Meta:
        indexes = [
            # What is on its way to me, and from me.
            models.Index(fields=["to_party", "state"], name="handover_to"),
            models.Index(fields=["from_party", "state"], name="handover_from"),
        ]

    def __str__(self) -> str:
        return f"{self.state}"


class Correction(models.Model):
    """An event was taken back, once, by another."""

    original = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="correction")
    event = models.ForeignKey(Event, models.PROTECT, related_name="corrects")

    def __str__(self) -> str:
        return f"{self.event_id} takes back {self.original_id}"


class Recall(models.Model):
    """A recall of a lot that stands. Lifting it removes the row; both acts stay on the trail."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="recalls", db_index=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="recalls")
    issuer = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "event"], name="recall_once")]

    def __str__(self) -> str:
        return f"recall of {self.lot_id}"


class Subject(models.Model):
    """What an event is about: the index of pages and API."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="subjects")
    kind = models.CharField(max_length=5)
    uri = models.CharField(max_length=200)

    class Meta:
        indexes = [
            # All events that name a thing, in order.
            models.Index(fields=["uri", "event"], name="subject_uri"),
            # Every page asks for the certificates of its places: they are few among all that is said of a busy one.
            models.Index(fields=["kind", "uri", "event"], name="subject_scope", condition=Q(kind="scope")),
        ]

    def __str__(self) -> str:
        return self.uri


class Shortfall(models.Model):
    """More of a lot was used at a site than anybody said was there. ``closed_by``: the event that explained it."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="shortfalls", db_index=False)
    site = models.CharField(max_length=200)
    mg = models.BigIntegerField()
    opened_by = models.ForeignKey(Event, models.PROTECT, related_name="shortfalls", db_index=False)
    closed_by = models.ForeignKey(Event, models.PROTECT, related_name="+", null=True, blank=True, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "site"], name="shortfall_once")]

    def __str__(self) -> str:
        return f"{self.mg} mg"


class Flag(models.Model):
    """Something unusual about an event that a person should look at; nothing was refused for it."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="flags")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=24)
    mg = models.BigIntegerField(default=0, help_text="How much of the lot it is about, where that is known.")

    def __str__(self) -> str:
        return self.kind
