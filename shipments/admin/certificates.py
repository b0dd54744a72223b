"""The auditors' window: the certificates that they have issued, to issue one and to withdraw one. Nothing else."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from provenance.coffee.acts import Certify
from provenance.coffee.statement import parse
from shipments.admin.access import OwnBusiness, parties_with
from shipments.admin.windows import act_link, column
from shipments.models import IssuedCertificate
from shipments.review import day
from shipments.services import certifying
from shipments.services.desk import Desk, Role


@admin.register(IssuedCertificate)
class IssuedCertificateAdmin(OwnBusiness):
    roles = (Role.AUDITOR,)
    ordering = ["-pk"]
    list_per_page = 100
    show_full_result_count = False

    def own(self, parties: Sequence[str]) -> QuerySet[IssuedCertificate]:
        return IssuedCertificate.objects.filter(pk__in=certifying.issued(parties).values("pk"))

    def get_list_display(self, request: HttpRequest) -> Any:
        parties = parties_with(request, self.roles)
        desk = Desk((parties or [""])[0])
        ended = certifying.withdrawn_from(parties)

        def state(row: IssuedCertificate) -> Any:
            if row.event_id in ended:
                return f"withdrawn from {day(ended[row.event_id])}"
            return act_link("withdraw", row.uuid, "Withdraw", parse(bytes(row.statement)).iss)

        return [
            column("Certificate", lambda row: certifying.told(row, desk.name), order="pk"),
            column("Valid", lambda row: f"{day(said(row).valid_from)} to {day(said(row).valid_to)}"),
            column("State", state),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        parties = parties_with(request, self.roles)
        names = [(party, Desk(party).name(party)) for party in parties]
        return super().changelist_view(request, {"title": "Certificates", "auditors": names, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


def said(row: IssuedCertificate) -> Certify:
    body = parse(bytes(row.statement)).body
    assert isinstance(body, Certify), "the window shows certificates only"
    return body
