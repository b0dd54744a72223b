"""Whose pages these are: a grower sees and says what is the grower's own, and nothing else exists."""

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from farms.services.business import Business
from provenance.members.models import Membership
from provenance.members.services import parties_of

GROWERS = (Membership.Role.FARMER, Membership.Role.COLLECTOR)


@method_decorator(never_cache, name="dispatch")
class GrowerView(LoginRequiredMixin, View):
    """A page of the party that the person grows or collects for, by the clock of its country."""

    roles: ClassVar[tuple[Membership.Role, ...]] = GROWERS
    business: Business

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        parties = parties_of(request.user, *self.roles)
        if not parties:
            return self.without_farm(request)
        self.business = self.business_of(parties[0], **kwargs)
        with timezone.override(self.business.clock):
            return super().dispatch(request, *args, **kwargs)

    def business_of(self, party: str, **about: Any) -> Business:
        return Business(party)

    def without_farm(self, request: HttpRequest) -> HttpResponse:
        raise PermissionDenied

    def show(self, template: str, **context: Any) -> HttpResponse:
        """Rendered at once: the clock holds only until the view returns."""
        officer = bool(parties_of(self.request.user, Membership.Role.OFFICER))
        return render(self.request, template, {"business": self.business, "is_officer": officer, **context})
