"""What this door keeps besides the trail: codes of receipts, telephones, and which texts went out."""

from django.db import models

from provenance.trail.models import Event


class Receipt(models.Model):
    """
    A receipt of coffee and its check code (``coffee.check_code``), so that the code finds it.

    It can be made again from the signed words at any time. Two receipts of one code would be somebody's fraud: both
    are kept, and whoever checks is told.
    """

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="+")
    code = models.CharField("check code", max_length=13, db_index=True)

    def __str__(self) -> str:
        return self.code


class Telephone(models.Model):
    """Where a grower wants receipts sent: sealed under the grower's own key, and unreadable once that is destroyed."""

    party = models.CharField(max_length=200, unique=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"telephone of {self.party}"


class Text(models.Model):
    """
    The text about a receipt: there is one at most, and ``state`` says whether it went out.

    Neither number nor words are kept: both are read again when it is sent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waits to be sent"
        SENDING = "sending", "is being sent"
        SENT = "sent", "was sent"
        UNSURE = "unsure", "was perhaps sent: the gateway gave no clear answer"
        FAILED = "failed", "was not sent"

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    ordered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sending", "sent", "unsure", "failed"]),
                name="text_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.get_state_display()}"
