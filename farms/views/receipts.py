"""Receipts: for those who took the coffee in, for who brought it, and for the officers who care for him."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from farms.services.plans import Refused
from farms.services.receipts.desk import ReceiptDesk
from farms.services.receipts.taken_in import TakenIn, listed, taken_in
from farms.services.texts import sending
from farms.tasks import RECEIPT_TEXT
from provenance.jobs import services as jobs
from provenance.trail.models import Event

RECEIPTS_A_PAGE = 25


@method_decorator(never_cache, name="dispatch")
class DeskView(LoginRequiredMixin, View):
    desk: ReceiptDesk

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.desk = ReceiptDesk(request.user)
        if self.desk.is_nobodys:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def receipt(self, uuid: UUID) -> Event:
        """Somebody else's and none look the same."""
        found = Event.objects.filter(uuid=uuid).first()
        event = self.desk.receipt(found) if found else None
        if event is None:
            raise Http404
        return event

    def show(self, template: str, **context: Any) -> HttpResponse:
        return render(self.request, template, {"desk": self.desk, "is_officer": bool(self.desk.guardians), **context})


class Receipts(DeskView):
    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(self.desk.receipts(), RECEIPTS_A_PAGE).get_page(request.GET.get("page"))
        return self.show("farms/receipts.html", page=page, receipts=listed(self.desk.visible(page), self.desk.names))


class PaperReceipt(DeskView):
    """What its paper says, and the ways to get it into the grower's hands."""

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        said = taken_in(self.receipt(uuid), self.desk.names)
        return self.show("farms/paper_receipt.html", said=said, text=sending.standing_of(said))

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        """Order the text."""
        event = self.receipt(uuid)
        try:
            sending.order(taken_in(event), again="again" in request.POST)
        except Refused as error:
            messages.error(request, f"{error} Nothing was sent.")
            return redirect("farms:paper-receipt", uuid=uuid)
        # That it goes out once is the text's own promise: two people who order it have a job each.
        job = jobs.submit(
            kind=RECEIPT_TEXT,
            key=f"text of receipt {uuid} for {request.user.pk}",
            owner=request.user,
            payload={"event": str(uuid)},
        )
        jobs.retry(job)
        messages.success(request, "The text is on its way to the gateway.")
        return redirect("farms:paper-receipt", uuid=uuid)


class Paper(DeskView):
    """The receipt as PDF, for a roll of 58 mm or as A6."""

    # Of ``papers``.
    draw: Callable[[TakenIn, str], bytes] | None = None

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        said = taken_in(self.receipt(uuid), self.desk.names)
        with timezone.override(said.at.tzinfo):
            document = self.draw(said, f"{timezone.localtime():%Y-%m-%d %H:%M}")
        headers = {
            "Content-Disposition": f'inline; filename="receipt-{said.printed_code}.pdf"',
            "X-Content-Type-Options": "nosniff",
        }
        return HttpResponse(document, content_type="application/pdf", headers=headers)
