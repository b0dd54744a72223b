"""What the admin's front page says of this door: receipts that somebody waits for at the scale."""

from collections.abc import Iterable
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from farms.services.receipts.desk import ReceiptDesk
from provenance.site import Need, asks

LATELY = timedelta(days=1)


@asks
def receipts_to_hand_out(request: HttpRequest) -> Iterable[Need]:
    lately = ReceiptDesk(request.user).signed().filter(recorded_at__gte=timezone.now() - LATELY).count()
    if lately:
        text = "1 receipt of the last day" if lately == 1 else f"{lately} receipts of the last day"
        yield Need(f"{text}: on paper, or as a text", reverse("farms:receipts"), lately)
