"""What the admin's front page says to a business: what waits for you?"""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse

from provenance.bags.services.messages import waiting_for
from provenance.site import Need, asks
from shipments.admin.access import businesses_of
from shipments.services.desk import Desk


@asks
def business_needs(request: HttpRequest) -> Iterable[Need]:
    for party in businesses_of(request):
        yield from needs_of(Desk(party))


def needs_of(desk: Desk) -> Iterable[Need]:
    if waiting := len(desk.deliveries):
        text = "1 delivery waits for your receipt" if waiting == 1 else f"{waiting} deliveries wait for your receipt"
        yield Need(text, reverse("admin:shipments_delivery_changelist"), waiting, urgent=True)
    if short := len(desk.shortfalls):
        text = "1 shortfall is not explained" if short == 1 else f"{short} shortfalls are not explained"
        yield Need(text, reverse("admin:shipments_openshortfall_changelist"), short, urgent=True)
    if open_lots := len(desk.day_lots):
        text = "1 day-lot is open" if open_lots == 1 else f"{open_lots} day-lots are open"
        yield Need(text, reverse("admin:shipments_stock_act", args=["close"]), open_lots)
    if recalls := len(desk.recalls):
        text = "1 recall of yours stands" if recalls == 1 else f"{recalls} recalls of yours stand"
        yield Need(text, reverse("admin:shipments_ownlot_changelist") + "?recalled=yes", recalls)
    yield from _messages(desk.party)


def _messages(party: str) -> Iterable[Need]:
    """What shoppers sent, and nobody has looked at."""
    waiting, url = waiting_for(party), reverse("admin:bags_addressee_changelist") + "?state__exact=waiting"
    if reports := waiting.get("report"):
        text = "1 report about a bag waits" if reports == 1 else f"{reports} reports about bags wait"
        yield Need(text, f"{url}&kind=report", reports, urgent=True)
    if thanks := waiting.get("thanks"):
        text = "Thanks to growers wait" if thanks == 1 else f"{thanks} thanks to growers wait"
        yield Need(f"{text} to be passed on", f"{url}&kind=thanks", thanks)
