from django.db import models

from provenance.bags.models.codes import Bag


class Grower(models.Model):
    """
    Whose harvest is in a pack lot, and the organisation that took it in from them: read from the trail when somebody
    first thanks for the lot.
    """

    lot_uri = models.CharField("pack lot", max_length=200)
    party_uri = models.CharField("grower", max_length=200)
    organisation = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot_uri", "party_uri", "organisation"], name="grower_once"),
        ]
        # What the grower's own page asks.
        indexes = [models.Index(fields=["party_uri"], name="grower_party")]

    def __str__(self) -> str:
        return f"{self.party_uri} in {self.lot_uri}"


class Message(models.Model):
    """
    What a shopper sent from the page of a bag: thanks to its growers, or a report to its roaster. Nobody is asked who
    they are. Its words are forgotten after a year (``services.messages.forget_old_words``).
    """

    class Kind(models.TextChoices):
        THANKS = "thanks", "thanks"
        REPORT = "report", "report"

    class Reason(models.TextChoices):
        COPIED = "copied", "The label looks copied, or the bag was opened before"
        DIFFERS = "differs", "The bag or the coffee is not what the page says"
        QUALITY = "quality", "Something is wrong with the coffee itself"
        OTHER = "other", "Something else"
        OFTEN = "often", "Its code was opened often"

    form = models.UUIDField(unique=True, help_text="Of the form it was written in: sent twice, it is one message.")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    lot_uri = models.CharField("pack lot", max_length=200)
    bag = models.ForeignKey(Bag, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    words = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(fields=["lot_uri", "kind", "sent_at"], name="message_of_lot"),
            models.Index(fields=["sent_at"], name="message_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.sent_at:%Y-%m-%d}"


class Addressee(models.Model):
    """Whom a message goes to, and what they did about it. Of thanks each organisation decides for its own growers."""

    class State(models.TextChoices):
        WAITING = "waiting", "waits"
        APPROVED = "approved", "passed on to the growers"
        DECLINED = "declined", "not passed on"
        HANDLED = "handled", "handled"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="addressees")
    party_uri = models.CharField("to", max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)

    class Meta:
        ordering = ["-message"]
        verbose_name = "message of a shopper"
        verbose_name_plural = "messages of shoppers"
        constraints = [
            models.UniqueConstraint(fields=["message", "party_uri"], name="addressee_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "approved", "declined", "handled"]),
                name="addressee_state_known",
            ),
        ]
        # What waits for a business.
        indexes = [models.Index(fields=["party_uri", "state"], name="addressee_party")]

    def __str__(self) -> str:
        return f"{self.message} to {self.party_uri}"
