"""What only this installation may read: private keys and withheld values, all under AES-256-GCM."""

from django.db import models

from provenance.trail.models.log import Event, Log


class LogKey(models.Model):
    """A signing key of a log, for this number or one of the next two, bound to origin and instance by the seal."""

    class Kind(models.TextChoices):
        ED25519 = "ed25519", "Ed25519"
        ML_DSA_44 = "ml-dsa-44", "ML-DSA-44"

    log = models.ForeignKey(Log, models.PROTECT, related_name="keys")
    origin = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    vkey = models.TextField("verifier key")
    sealed = models.BinaryField()
    instance = models.CharField(max_length=64, blank=True, help_text="The installation that may sign with it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "kind"], name="log_key_unique")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.origin}"


class ServerKey(models.Model):
    """A party's Ed25519 seed that this server holds. Statements signed with it are shown as such."""

    party = models.CharField(max_length=200)
    kid = models.CharField("key", max_length=43, unique=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Which key signs for this party: asked at every act of a person without a device key.
        indexes = [models.Index(fields=["party"], name="server_key_party")]

    def __str__(self) -> str:
        return self.kid


class SubjectKey(models.Model):
    """The key over everything personal of one party. Destroying it makes every sealed copy unreadable."""

    party = models.CharField(max_length=200, unique=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return self.party


class Disclosure(models.Model):
    """
    A withheld value of an event, sealed under its subject's key.

    ``digest`` stands in the signed bytes. Deleting the row erases the value; every proof still holds.
    ``audience`` is "public", "partners", "auditors" or the URI of one party.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="disclosures", db_index=False)
    name = models.CharField(max_length=24)
    digest = models.CharField(max_length=43)
    audience = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, help_text="Whose key seals it.")
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="disclosure_once")]
        # What is kept of this person: asked when a person wants it shown or erased.
        indexes = [models.Index(fields=["subject"], name="disclosure_subject")]

    def __str__(self) -> str:
        return f"{self.name} of {self.event_id}"


class Attachment(models.Model):
    """
    A file that a signed statement names by its SHA-256. Its bytes lie sealed in a storage (``services.attaching``).

    ``disclosure``: the withheld field that names it; erased with it. Without one the statement names it openly.
    ``subject``: whose key seals the bytes. ``site``: the place that it is about, where it is about no lot.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="attachments", db_index=False)
    disclosure = models.ForeignKey(Disclosure, models.CASCADE, null=True, blank=True, related_name="attachments")
    sha256 = models.CharField("SHA-256", max_length=64)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField(help_text="In bytes, before it is sealed.")
    subject = models.CharField(max_length=200)
    site = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "sha256"], name="attachment_once")]
        indexes = [
            # The address of a picture is its digest; and whether any event still names a stored file.
            models.Index(fields=["sha256"], name="attachment_sha256"),
            # The pictures of a farm, on the page of every lot that was grown there.
            models.Index(fields=["site"], condition=~models.Q(site=""), name="attachment_site"),
        ]

    def __str__(self) -> str:
        return self.sha256
