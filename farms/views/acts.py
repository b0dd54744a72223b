"""
One page for each thing a grower says: the form, then the same read back in words and kilograms, then the signature.

Nothing is kept between the two pages. What was typed travels back in the form and is read again, so what is signed is
judged at the moment of signing. The page that reads it back carries the event's id: a second click finds the event.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from farms.forms.base import SayForm
from farms.forms.coffee import CorrectForm, DeliveryForm, HarvestForm
from farms.forms.drying import DryingForm
from farms.forms.land import FarmForm, PlotForm
from farms.forms.pictures import PictureForm
from farms.forms.plot_files import GrowersPlotFileForm, PlotFileForm
from farms.forms.replying import ReplyForm
from farms.services.business import Business
from farms.services.caring import in_care
from farms.services.mending import may_correct
from farms.services.plans import Plan
from farms.services.replying import to_reply_to
from farms.services.telling import Told, receipt_of, tell
from farms.views.base import GrowerView
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import parse
from provenance.members.models import Membership
from provenance.trail.models import Event
from provenance.trail.services.acting import new_event_id
from provenance.unavailable import or_unavailable


class ActView(GrowerView):
    form_class: ClassVar[type[SayForm]]
    # Answers that a link may give beforehand.
    prefilled: ClassVar[tuple[str, ...]] = ()

    def get(self, request: HttpRequest, **about: Any) -> HttpResponse:
        initial = {name: request.GET[name] for name in self.prefilled if name in request.GET}
        return self.ask(self.form_class(self.business, subject=self.subject(**about), initial=initial))

    def post(self, request: HttpRequest, **about: Any) -> HttpResponse:
        event_id = request.POST.get("event_id", "") if "sign" in request.POST else ""
        # What a correction is about cannot be corrected again, so the first click is looked for first.
        if done := self.done(event_id):
            return self.receipt(done)
        form = self.form_class(self.business, request.POST, request.FILES, subject=self.subject(**about))
        if "change" in request.POST or form.missing() or not form.is_valid():
            return self.ask(form)
        try:
            return self.sign(form, event_id) if event_id else self.read_back(form)
        except CoffeeError as error:
            # Two clicks at once: the other one was recorded.
            if done := self.done(event_id):
                return self.receipt(done)
            form.tell(error)
            return or_unavailable(self.ask(form), error)

    def subject(self, **about: Any) -> Any:
        """What the act is about, where it is about something. Raises Http404."""
        return None

    def done(self, event_id: str) -> Event | None:
        """What a click before this one has signed. Others' events that name the grower are not that."""
        event = self.business.event(event_id) if event_id else None
        return event if event and parse(bytes(event.statement)).iss == self.business.party else None

    def sign(self, form: SayForm, event_id: str) -> HttpResponse:
        return self.receipt(form.plan(event_id).sign(event_id)[0])

    def receipt(self, event: Event) -> HttpResponse:
        messages.success(self.request, "Signed and recorded. This is your receipt.")
        return redirect("farms:event", uuid=event.uuid)

    def ask(self, form: SayForm) -> HttpResponse:
        return self.show("farms/act.html", form=form, missing=form.missing())

    def read_back(self, form: SayForm) -> HttpResponse:
        event_id = new_event_id()
        plan = form.plan(event_id).rehearse()
        return self.show("farms/read_back.html", form=form, told=self.tell(plan), doubts=plan.doubts, event_id=event_id)

    def tell(self, plan: Plan) -> list[Told]:
        return [
            tell(
                draft.act,
                self.business,
                {name: each.value for name, each in draft.withheld.items()},
                audience=next((each.audience for each in draft.withheld.values()), None),
            )
            for draft in plan.drafts
        ]


class RegisterFarm(ActView):
    form_class = FarmForm


class RegisterPlot(ActView):
    form_class = PlotForm
    prefilled = ("farm",)


class RegisterPlotFile(ActView):
    """Many plots in one signature; those that have to be mended are told, and left out."""

    form_class = PlotFileForm
    prefilled = ("farm",)

    def read_back(self, form: PlotFileForm) -> HttpResponse:
        passing = form.passing
        if passing:
            form.plan("").rehearse()
        answers = form.cleaned_data
        typed = {"farm": answers["farm"], "sent": answers["sent"], "shown": len(passing)}
        return self.show(
            "farms/plot_file.html",
            form=form,
            judged=form.judged,
            passing=passing,
            typed=typed.items(),
            event_id=new_event_id(),
        )

    def receipt(self, event: Event) -> HttpResponse:
        messages.success(self.request, "Signed and recorded. The plots stand with your farm below.")
        return redirect("farms:home")


class RegisterGrowersPlotFile(RegisterPlotFile):
    """An officer registers the plots of a grower in the cooperative's care; the cooperative signs."""

    form_class = GrowersPlotFileForm
    roles = (Membership.Role.OFFICER,)

    def business_of(self, party: str, **about: Any) -> Business:
        care = in_care(party, about["grower"])
        if care is None:
            raise Http404
        return care

    def subject(self, grower: UUID) -> None:
        """The business is the grower's already."""

    def receipt(self, event: Event) -> HttpResponse:
        messages.success(self.request, "Signed and recorded. The plots stand with the grower's farm.")
        return redirect("farms:growers")


class RecordHarvest(ActView):
    form_class = HarvestForm


class Dry(ActView):
    form_class = DryingForm


class Deliver(ActView):
    form_class = DeliveryForm
    prefilled = ("lot",)


class ShowPicture(ActView):
    form_class = PictureForm
    prefilled = ("of",)


class ReplyToEvent(ActView):
    form_class = ReplyForm

    def subject(self, uuid: UUID) -> Event:
        event = to_reply_to(self.business, uuid.urn)
        if event is None:
            raise Http404
        return event

    def ask(self, form: SayForm) -> HttpResponse:
        about = receipt_of(self.business, form.subject)
        return self.show("farms/reply.html", form=form, missing=None, about=about)


class CorrectEvent(ActView):
    form_class = CorrectForm

    def subject(self, uuid: UUID) -> Event:
        event = self.business.event(uuid.urn)
        if event is None or not may_correct(event, self.business.party):
            raise Http404
        return event
