"""What a witness must never forget: its keys, which logs it watches, and what it has cosigned of each."""

from hashlib import sha256

from django.db import models

from provenance.tlog.keys import VerifierKey, parse_vkey


def address_of(origin: str) -> str:
    """What stands for a log in an address: SHA-256 of its origin, in hexadecimal."""
    return sha256(origin.encode()).hexdigest()


class InsertOnly(models.Model):
    """A row that is written once and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError(f"A {self._meta.verbose_name} is never changed.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError(f"A {self._meta.verbose_name} is never deleted.")


class WitnessKey(InsertOnly):
    """A cosigner's private key. A witness and a replaying mirror say different things, so each has keys of its own."""

    class Role(models.TextChoices):
        WITNESS = "witness"
        MIRROR = "mirror"

    class Kind(models.TextChoices):
        ED25519 = "Ed25519"
        ML_DSA_44 = "ML-DSA-44"

    role = models.CharField(max_length=10, choices=Role)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=255)
    vkey = models.TextField()
    sealed = models.BinaryField(help_text="The seed, sealed under the master key.")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "kind"], name="witness_key_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"


class WatchedLog(models.Model):
    """
    A log whose checkpoints are cosigned, by its origin, and the latest one that was: what the next must follow from.

    Never deleted: a witness that forgets would cosign another history. ``stopped`` ends the watching.
    """

    origin = models.CharField(max_length=255, unique=True)
    vkeys = models.TextField(help_text="One line for each key that may sign its checkpoints.")
    watched_since = models.DateTimeField(auto_now_add=True)
    stopped = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    root = models.BinaryField(max_length=32, null=True, blank=True)
    note = models.TextField(blank=True, help_text="The latest checkpoint with the log's lines and our own.")
    cosigned_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.origin

    @property
    def keys(self) -> list[VerifierKey]:
        return [parse_vkey(line) for line in self.vkeys.splitlines()]

    @property
    def address(self) -> str:
        return address_of(self.origin)


class CosignedTree(InsertOnly):
    """A size and root that were cosigned, with the note as first answered. No log has two of one size."""

    log = models.ForeignKey(WatchedLog, models.PROTECT, related_name="trees", db_index=False)
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    cosigned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "size"], name="witness_one_tree_a_size")]

    def __str__(self) -> str:
        return f"{self.log} at {self.size}"


class Contradiction(InsertOnly):
    """Signed by the log, of a size that was cosigned, and with another root: proof of two histories."""

    log = models.ForeignKey(WatchedLog, models.PROTECT, related_name="contradictions", db_index=False)
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField(help_text="With the lines of the log that verified.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "size", "root"], name="witness_contradiction_once")]

    def __str__(self) -> str:
        return f"{self.log} at {self.size}"
