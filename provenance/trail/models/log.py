"""The log: what was said, where it stands, and what the log signed about it."""

from uuid import UUID

from django.db import models
from django.db.models import Q


class InsertOnly(models.Model):
    """
    A row that is written once and never changed.

    The triggers of ``provenance.trail.triggers`` are the law; this only makes a mistake speak before it reaches them.
    """

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError(f"A {self._meta.verbose_name} is never changed.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError(f"A {self._meta.verbose_name} is never deleted.")


class Log(models.Model):
    """
    One log of a series: ``name`` is the series, ``number`` counts its successions.

    A frozen log still serves what it holds; it records and signs nothing until an operator says so.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        FROZEN = "frozen", "frozen"
        RETIRED = "retired", "retired"

    name = models.CharField(max_length=40)
    number = models.PositiveIntegerField(default=1)
    origin = models.CharField(max_length=200, unique=True)
    aud = models.CharField("audience", max_length=220, blank=True)
    operator = models.CharField(max_length=200)
    vkeys = models.TextField("verifier keys", help_text="One C2SP vkey a line: Ed25519, then ML-DSA-44.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    why_frozen = models.CharField(max_length=300, blank=True)
    # Leaves of the retired logs of its series, all of which stand before its own.
    first_place = models.PositiveBigIntegerField(default=0)
    unguarded_until = models.DateTimeField(
        null=True, blank=True, help_text="An operator lets it begin to sign until then although no witness answers."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="log_number_unique"),
            # Two logs that both take statements for one series would be a fork.
            models.UniqueConstraint(fields=["name"], condition=~Q(state="retired"), name="log_one_current"),
            models.CheckConstraint(condition=Q(state__in=["active", "frozen", "retired"]), name="log_state_known"),
        ]

    def __str__(self) -> str:
        return self.origin


class LogHead(models.Model):
    """The one row that publishing locks: how large the tree is, its root, and the roots of its full subtrees."""

    log = models.OneToOneField(Log, models.PROTECT, primary_key=True, related_name="head")
    size = models.PositiveBigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    # Roots of the perfect subtrees that the tree falls into, largest first, 32 bytes each: all that appending needs.
    frontier = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"{self.log_id}: {self.size}"


# Acts that concern the whole log: few among very many, and looked for without a lot's or a party's name.
OF_ALL_LOTS = ("erased", "index", "lift_recall", "recall", "revoke_key", "succession")


class Event(InsertOnly):
    """
    One row for every thing that happened, as its signer said it.

    There is no ``updated_at``: a row is never changed. A mistake is put right by another event that names this one.
    There is no party, no lot and no weight either: those are read from ``statement``, the signed bytes, and kept in
    projections. ``uuid`` is the statement's ``jti``; it is unique whoever signs, which makes a retry find its event.
    ``recorded_at`` is this server's own note; nothing is proven by it.
    """

    uuid = models.UUIDField(unique=True)
    log = models.ForeignKey(Log, models.PROTECT, related_name="events", db_index=False)
    kid = models.CharField("key", max_length=43)
    act = models.CharField(max_length=24)
    leaf_hash = models.BinaryField(max_length=32)
    statement = models.BinaryField(max_length=16 * 1024)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            # The list of one log's events, newest first, at every door.
            models.Index(fields=["log", "id"], name="event_of_log"),
            # Every pack holds those that concern all lots.
            models.Index(fields=["log", "act"], name="event_of_all_lots", condition=Q(act__in=OF_ALL_LOTS)),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.uuid}"

    @property
    def event_id(self) -> str:
        """``urn:uuid:…``: the EPCIS ``eventID`` and the statement's ``jti``."""
        return self.uuid.urn

    @property
    def index(self) -> int | None:
        """Place in the log, or None while the event waits for the next checkpoint."""
        leaf = getattr(self, "leaf", None)
        return leaf.index if leaf else None

    @property
    def place(self) -> int | None:
        """Place in the whole series, where the leaves of retired logs come first. Read ``leaf__log`` with it."""
        leaf = getattr(self, "leaf", None)
        return leaf.log.first_place + leaf.index if leaf else None

    @property
    def state(self) -> str:
        """ "recorded" (durable) or "published" (has a place and a proof); witnesses: see ``services.standing``."""
        return "recorded" if self.index is None else "published"

    @staticmethod
    def uuid_of(event_id: str) -> UUID:
        """Raises ValueError where the text is no UUID URN."""
        return UUID(event_id.removeprefix("urn:uuid:"))


class Pending(models.Model):
    """An event that waits for its place. Publishing takes these rows, never a high-water mark: commits overtake."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="pending")
    log = models.ForeignKey(Log, models.PROTECT, related_name="pending", db_index=False)

    class Meta:
        verbose_name_plural = "pending"

    def __str__(self) -> str:
        return f"{self.event_id}"


class Leaf(InsertOnly):
    """The place of an event in its log."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="leaf")
    log = models.ForeignKey(Log, models.PROTECT, related_name="leaves", db_index=False)
    index = models.PositiveBigIntegerField()

    class Meta:
        verbose_name_plural = "leaves"
        constraints = [
            # A place holds one event; two there would be a fork.
            models.UniqueConstraint(fields=["log", "index"], name="leaf_index_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.index}"


class StoredTile(InsertOnly):
    """A full tile of 256 hashes (C2SP tlog-tiles). ``root`` is its hash one tile level up."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="tiles", db_index=False)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hashes = models.BinaryField(max_length=256 * 32)
    root = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "level", "index"], name="tile_unique")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Checkpoint(InsertOnly):
    """A signed note: at ``size`` the root was ``root``. ``signed_at`` is the ML-DSA line's time, POSIX seconds."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="checkpoints", db_index=False)
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            # Two notes about one size could show two roots.
            models.UniqueConstraint(fields=["log", "size"], name="checkpoint_size_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.log_id} at {self.size}"


class CheckpointRelease(InsertOnly):
    """The fence file holds this checkpoint, so it may be shown to the world. None may be shown before."""

    checkpoint = models.OneToOneField(Checkpoint, models.PROTECT, primary_key=True, related_name="release")
    released_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.checkpoint_id}"


class Cosignature(InsertOnly):
    """A witness's signature line under a checkpoint. One a witness, checkpoint and day is kept."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures", db_index=False)
    kid = models.CharField("key", max_length=120)
    day = models.DateField()
    line = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "kid", "day"], name="cosignature_once")]

    def __str__(self) -> str:
        return self.line
