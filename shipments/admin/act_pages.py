"""
One page for each act: the form, then the same act read back in words and kilograms, then the signature.

Nothing is kept between the two pages. What was typed travels back in the form and is read again, so what is signed is
judged at the moment of signing.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import parse
from provenance.trail.models import Event
from provenance.trail.services.acting import new_event_id
from provenance.unavailable import or_unavailable
from shipments import words
from shipments.admin.access import desk_of, zone_of
from shipments.forms import ACT_FORMS, ActForm
from shipments.review import before_signing
from shipments.services.desk import ROLES, Desk
from shipments.services.plans import Plan

BUTTONS = {"csrfmiddlewaretoken", "sign", "change", "more", "event_id"}


@require_http_methods(["GET", "HEAD", "POST"])
def act_page(request: HttpRequest, slug: str, ref: Any = None) -> HttpResponse:
    form_class = ACT_FORMS.get(slug)
    desk = desk_of(request, form_class.roles if form_class else ROLES)
    if form_class is None or (form_class.about is None) != (ref is None):
        raise Http404
    subject = form_class.find(desk, str(ref)) if ref else None
    if ref and subject is None:
        # A second click on "sign" comes back to what the first one has settled.
        if done := signed_before(request, desk):
            return after_signing(request, done, form_class)
        raise Http404
    with timezone.override(zone_of(desk)):
        return Page(request, desk, form_class, subject).answer()


def signed_before(request: HttpRequest, desk: Desk) -> Event | None:
    """What a click before this one has signed. Others' events that name the desk's party are not that."""
    event_id = request.POST.get("event_id", "") if "sign" in request.POST else ""
    event = desk.event(event_id) if event_id else None
    return event if event and parse(bytes(event.statement)).iss == desk.party else None


def after_signing(request: HttpRequest, event: Event, form_class: type[ActForm]) -> HttpResponse:
    messages.success(request, f"{words.ACTS[event.act]} signed and recorded.")
    return HttpResponseRedirect(form_class.afterwards(event))


class Page:
    """One request for an act page."""

    def __init__(self, request: HttpRequest, desk: Desk, form_class: type[ActForm], subject: Any) -> None:
        self.request, self.desk, self.form_class, self.subject = request, desk, form_class, subject

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self.show(self.form_class(self.desk, subject=self.subject))
        data = self.request.POST
        if "more" in data or "change" in data:
            typed = self.form_class.typed(data, self.desk, self.subject, more=data.get("more", ""))
            return self.show(typed)
        if done := signed_before(self.request, self.desk):
            return after_signing(self.request, done, self.form_class)
        return self.judge(self.form_class(self.desk, data, self.request.FILES, subject=self.subject))

    def judge(self, form: ActForm) -> HttpResponse:
        if not form.is_valid():
            return self.refuse(form)
        try:
            plan = form.plan()
            if "sign" not in self.request.POST:
                return self.read_back(form, plan.rehearse())
            events = plan.sign(event_id=self.request.POST.get("event_id") or None)
        except CoffeeError as error:
            form.tell(error)
            return or_unavailable(self.refuse(form), error)
        return after_signing(self.request, events[0], self.form_class)

    def refuse(self, form: ActForm) -> HttpResponse:
        # Two clicks at once: the other one was recorded.
        if done := signed_before(self.request, self.desk):
            return after_signing(self.request, done, self.form_class)
        return self.show(form)

    def show(self, form: ActForm) -> HttpResponse:
        return self.render("admin/shipments/act.html", form=form)

    def read_back(self, form: ActForm, plan: Plan) -> HttpResponse:
        shown_again = getattr(form, "on_review", ())
        carried = dict(getattr(form, "carried", {}))
        return self.render(
            "admin/shipments/review.html",
            form=form,
            reviews=[before_signing(act, self.desk) for act in plan.acts],
            asked_again=[form[name] for name in shown_again],
            typed=[*typed_again(self.request.POST, {*shown_again, *carried}), *carried.items()],
            event_id=self.request.POST.get("event_id") or new_event_id(),
        )

    def render(self, template: str, **context: Any) -> HttpResponse:
        page = {
            **admin.site.each_context(self.request),
            "title": self.form_class.title,
            "subject": self.subject,
            "window": self.form_class.window,
            "desk": self.desk,
            "acting_for": self.desk.name(self.desk.party),
            "clock": timezone.get_current_timezone_name(),
            **context,
        }
        # Rendered here: outside the override, a form's "now" would be read from another place's clock.
        return TemplateResponse(self.request, template, page).render()


def typed_again(data: QueryDict, asked: Iterable[str]) -> Iterable[tuple[str, str]]:
    left_out = {*BUTTONS, *asked}
    for name, values in data.lists():
        if name not in left_out:
            yield from ((name, str(value)) for value in values)
