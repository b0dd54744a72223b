"""Who may see and do what here. Memberships decide; Django's own permissions play no part."""

from collections.abc import Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from provenance.coffee.clocks import clock_of
from provenance.members.models import Membership
from provenance.members.services import parties_of
from provenance.site import is_plain_filter
from shipments.services.desk import ROLES, Desk


def businesses_of(request: HttpRequest) -> list[str]:
    """The parties the person works for here. Every line of the menu asks, so the request remembers."""
    return parties_with(request, ROLES)


def parties_with(request: HttpRequest, roles: tuple[Membership.Role, ...]) -> list[str]:
    """The parties in which the person has one of these roles."""
    if not hasattr(request, "parties_by_roles"):
        request.parties_by_roles = {}  # type: ignore[attr-defined]
    known: dict[tuple[Membership.Role, ...], list[str]] = request.parties_by_roles  # type: ignore[attr-defined]
    if roles not in known:
        known[roles] = parties_of(request.user, *roles)
    return known[roles]


def desk_of(request: HttpRequest, roles: tuple[Membership.Role, ...] = ROLES) -> Desk:
    """
    The desk of the party that the person acts for in one of these roles: the one named by ``?as=``, else the oldest
    membership's.

    Raises PermissionDenied for who has none, Http404 for somebody else's.
    """
    parties = parties_with(request, roles)
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

    roles: ClassVar[tuple[Membership.Role, ...]] = ROLES
    actions = None
    list_display_links: Any = None

    def own(self, parties: Sequence[str]) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.own(parties_with(request, self.roles))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return is_plain_filter(lookup, value)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(parties_with(request, self.roles))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(parties_with(request, self.roles))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404
