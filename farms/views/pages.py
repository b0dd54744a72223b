"""Pages to look at: the season, the deliveries, the receipt of an event and its proof."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from farms.services.deliveries import deliveries_of, delivery_of, handovers_of, season_of
from farms.services.mending import may_correct
from farms.services.passport import passport_of
from farms.services.receipts.desk import TAKERS
from farms.services.replying import replies_of, said_by_others, to_reply_to
from farms.services.telling import receipt_of
from farms.views.base import GrowerView
from provenance.bags.services.messages import thanks_for
from provenance.members.models import Membership
from provenance.members.services import parties_of
from provenance.trail.models import Event
from provenance.trail.services import proofs
from provenance.trail.services.attaching.cleaning import WEBP
from provenance.trail.services.attaching.storing import Unreadable, fetch
from provenance.trail.services.standing import Standings, vouchers_of

DELIVERIES_A_PAGE = 25
STATEMENTS_A_PAGE = 10


class Home(GrowerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("farms/home.html", season=season_of(self.business), thanks=thanks_for(self.business.party))

    def without_farm(self, request: HttpRequest) -> HttpResponse:
        if parties_of(request.user, Membership.Role.OFFICER):
            return redirect("farms:growers")
        if parties_of(request.user, *TAKERS):
            return redirect("farms:receipts")
        return super().without_farm(request)


class OwnPicture(GrowerView):
    """A picture of one's own, signed or not yet, whoever else may see it."""

    def get(self, request: HttpRequest, sha256: str) -> HttpResponse:
        try:
            picture = fetch(self.business.party, sha256)
        except Unreadable as error:
            raise Http404 from error
        return HttpResponse(picture, content_type=WEBP, headers={"X-Content-Type-Options": "nosniff"})


class Passport(GrowerView):
    """The grower's plots as a file to keep, and to give to whom the grower likes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        headers = {"Content-Disposition": 'attachment; filename="plots.geojson"'}
        return HttpResponse(passport_of(self.business), content_type="application/geo+json", headers=headers)


class Deliveries(GrowerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(handovers_of(self.business), DELIVERIES_A_PAGE).get_page(request.GET.get("page"))
        return self.show("farms/deliveries.html", page=page, deliveries=deliveries_of(self.business, page))


class Others(GrowerView):
    """What others say of one's coffee, each with the grower's own answer to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(said_by_others(self.business), STATEMENTS_A_PAGE).get_page(request.GET.get("page"))
        replies = replies_of(self.business, list(page))
        statements = [
            {
                "event": event,
                "told": receipt_of(self.business, event).told,
                "reply": replies.get(event.event_id),
                "corrected": hasattr(event, "correction"),
            }
            for event in page
        ]
        return self.show("farms/others.html", page=page, statements=statements)


class EventView(GrowerView):
    """About one event that names the grower. Somebody else's and none look the same."""

    def event(self, uuid: UUID) -> Event:
        event = self.business.event(uuid.urn)
        if event is None:
            raise Http404
        return event


class ReceiptPage(EventView):
    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        event = self.event(uuid)
        return self.show(
            "farms/receipt.html",
            receipt=receipt_of(self.business, event),
            delivery=delivery_of(self.business, event),
            standing=Standings().of(event),
            vouched=None if event.index is None else vouchers_of(event.leaf),
            may_correct=may_correct(event, self.business.party),
            may_reply=to_reply_to(self.business, event.event_id) is not None,
            corrected_by=event.correction.event if hasattr(event, "correction") else None,
        )


class Proof(EventView):
    """The event's ``.tlog-proof`` file; there is none before it stands in the log."""

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        try:
            proof = proofs.tlog_proof(self.event(uuid))
        except proofs.NotPublished as error:
            raise Http404 from error
        headers = {"Content-Disposition": f'attachment; filename="{uuid}.tlog-proof"'}
        return HttpResponse(proof, content_type="text/plain; charset=utf-8", headers=headers)
