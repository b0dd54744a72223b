"""A grower's passbook and telephone: for the grower, and for the officer who cares for him. For nobody else."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from farms.forms.receipts import TelephoneForm
from farms.services.business import Business
from farms.services.deliveries import season_begins
from farms.services.passbook import passbook_of
from farms.services.telephones import forget_number, keep_number, masked, number_of
from farms.views.base import GrowerView
from farms.views.people import OfficerView
from provenance.trail.models import Party

_YEAR = re.compile(r"20[0-9]{2}")


def book_of(request: HttpRequest, business: Business) -> dict[str, object]:
    """The book of the season that is asked for, with the years before and after it that there may be."""
    newest = season_begins(timezone.localdate()).year
    asked = request.GET.get("season", "")
    year = int(asked) if _YEAR.fullmatch(asked) else newest
    if year > newest:
        raise Http404
    return {
        "book": passbook_of(business, year),
        "before": year - 1,
        "after": year + 1 if year < newest else None,
        "printed_at": timezone.localtime(),
    }


class OwnPassbook(GrowerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("farms/passbook.html", whose=self.business, **book_of(request, self.business))


class MemberView(OfficerView):
    """About one grower in the cooperative's care. Anybody else's and none look the same."""

    def member(self, grower: UUID) -> Business:
        party = Party.objects.filter(pk=grower, guardian=self.guardian).first()
        if party is None:
            raise Http404
        return Business(party.uri)


class MemberPassbook(MemberView):
    """An officer prints it for a member."""

    def get(self, request: HttpRequest, grower: UUID) -> HttpResponse:
        business = self.member(grower)
        with timezone.override(business.clock):
            return self.show("farms/passbook.html", whose=business, member=grower, **book_of(request, business))


class OwnTelephone(GrowerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(TelephoneForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TelephoneForm(request.POST)
        if not changed(request, self.business.party, form):
            return self.ask(form)
        return redirect("farms:home")

    def ask(self, form: TelephoneForm) -> HttpResponse:
        return self.show("farms/telephone.html", form=form, whose=self.business, kept=kept(self.business.party))


class MemberTelephone(MemberView):
    def get(self, request: HttpRequest, grower: UUID) -> HttpResponse:
        return self.ask(grower, TelephoneForm())

    def post(self, request: HttpRequest, grower: UUID) -> HttpResponse:
        form = TelephoneForm(request.POST)
        if not changed(request, self.member(grower).party, form):
            return self.ask(grower, form)
        return redirect("farms:growers")

    def ask(self, grower: UUID, form: TelephoneForm) -> HttpResponse:
        business = self.member(grower)
        return self.show("farms/telephone.html", form=form, whose=business, kept=kept(business.party))


def changed(request: HttpRequest, party: str, form: TelephoneForm) -> bool:
    """Keep the number, or forget it; False where it cannot be one, and the old one stays."""
    if "forget" in request.POST:
        forget_number(party)
        messages.success(request, "The number was deleted. No texts will be sent.")
        return True
    if not form.is_valid():
        return False
    keep_number(party, form.cleaned_data["number"])
    messages.success(request, "The number is kept, sealed. Receipts can go there.")
    return True


def kept(party: str) -> str | None:
    number = number_of(party)
    return masked(number) if number else None
