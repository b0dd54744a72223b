"""A cooperative's officers enrol growers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from farms.forms.people import EnrolForm, PasswordForm
from farms.services import enrolling
from provenance.coffee.errors import CoffeeError
from provenance.members.models import Membership
from provenance.members.services import parties_of
from provenance.unavailable import or_unavailable


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class OfficerView(LoginRequiredMixin, View):
    """A page of the cooperative whose officer the person is."""

    guardian: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        cooperatives = parties_of(request.user, Membership.Role.OFFICER)
        if not cooperatives:
            raise PermissionDenied
        self.guardian = cooperatives[0]
        return super().dispatch(request, *args, **kwargs)

    def show(self, template: str, **context: Any) -> HttpResponse:
        return render(self.request, template, {"is_officer": True, **context})


class Growers(OfficerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("farms/growers.html", growers=enrolling.growers_of(self.guardian))


class Enrol(OfficerView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("farms/enrol.html", form=EnrolForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        party = request.POST.get("party", "") if "sign" in request.POST else ""
        if not enrolling.is_drawn(party):
            party = ""
        if party and enrolling.is_enrolled(self.guardian, party):
            return self.enrolled()
        form = EnrolForm(request.POST)
        if "change" in request.POST or not form.is_valid():
            return self.show("farms/enrol.html", form=form)
        if not party:
            return self.read_back(form, PasswordForm(), enrolling.draw_party())
        password = PasswordForm(request.POST, username=form.cleaned_data["username"])
        if not password.is_valid():
            return self.read_back(form, password, party)
        return self.enrol(form, password.cleaned_data["password"], party)

    def enrol(self, form: EnrolForm, password: str, party: str) -> HttpResponse:
        answers = form.cleaned_data
        try:
            enrolling.enrol_grower(
                guardian=self.guardian,
                party=party,
                name=answers["name"],
                country=answers["country"],
                audience=answers["readers"],
                username=answers["username"],
                password=password,
            )
        except CoffeeError as error:
            if enrolling.is_enrolled(self.guardian, party):
                return self.enrolled()
            form.tell(error)
            return or_unavailable(self.show("farms/enrol.html", form=form), error)
        return self.enrolled()

    def enrolled(self) -> HttpResponse:
        messages.success(self.request, "Signed and recorded. The grower can log in now.")
        return redirect("farms:growers")

    def read_back(self, form: EnrolForm, password: PasswordForm, party: str) -> HttpResponse:
        typed = [(name, form.data.get(name, "")) for name in form.fields]
        return self.show(
            "farms/enrol_read_back.html",
            form=form,
            password=password,
            party=party,
            typed=typed,
            facts=form.facts(),
        )
