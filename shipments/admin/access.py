"""Who may see and do what here. Memberships decide; Django's own permissions play no part."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from provenance.coffee.clocks import clock_of
from provenance.members.services import parties_of
from provenance.site import is_plain_filter
from shipments.services.desk import ROLES, Desk


def businesses_of(request: HttpRequest) -> list[str]:
    """The parties the person works for here. Every line of the menu asks, so the request remembers."""
    if not hasattr(request, "businesses"):
        request.businesses = parties_of(request.user, *ROLES)  # type: ignore[attr-defined]
    return request.businesses  # type: ignore[attr-defined,no-any-return]


def desk_of(request: HttpRequest) -> Desk:
    """
    The desk of the business that the person acts for: the one named by ``?as=``, else the oldest membership's.

    Raises PermissionDenied for who has no business here, Http404 for somebody else's.
    """
    parties = businesses_of(request)
    if not parties:
        raise PermissionDenied
    wanted = request.GET.get("as") or parties[0]
    if wanted not in parties:
        raise Http404
    return Desk(wanted)


def zone_of(desk: Desk) -> ZoneInfo:
    return clock_of(desk.country)


class OwnBusiness(admin.ModelAdmin):
    """A window on one's own business: nothing can be added, changed or deleted; what is others' does not exist."""

    actions = None
    list_display_links: Any = None

    def own(self, parties: Sequence[str]) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.own(businesses_of(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return is_plain_filter(lookup, value)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(businesses_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(businesses_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404
