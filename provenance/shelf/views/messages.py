"""What a shopper may send from a bag's page: a report to the roaster, thanks to the growers. No cookie, no name."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from provenance.bags.services import messages
from provenance.bags.services.scanning import Scanned, behind
from provenance.shelf.forms import MessageForm, ReportForm, ThanksForm
from provenance.shelf.languages import keeping_language
from provenance.shelf.views.counting import from_own_page

MOST_BYTES = 16 * 1024

Send = Callable[[Scanned, MessageForm], object]


# There is no session whose rights somebody could borrow, and no cookie to compare with: the form's own signed ticket
# shows that it was made here, for this code, today.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, code: str) -> HttpResponse:
    return _message(request, code, "shelf/report.html", ReportForm, _report)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thanks(request: HttpRequest, code: str) -> HttpResponse:
    return _message(request, code, "shelf/thanks.html", ThanksForm, _thank)


def _report(scanned: Scanned, form: MessageForm) -> None:
    messages.report(scanned, form.number, form.cleaned_data["reason"], form.cleaned_data["words"])


def _thank(scanned: Scanned, form: MessageForm) -> None:
    messages.thank(scanned, form.number, form.cleaned_data["words"])


def _message(request: HttpRequest, code: str, template: str, kind: type[MessageForm], send: Send) -> HttpResponse:
    scanned = behind(code)
    if scanned is None:
        return render(request, "shelf/never_issued.html", {"code": code}, status=404)
    page = {"code": code, "bag": scanned.bag, "product": scanned.bag.product if scanned.bag else None}
    if request.method != "POST":
        return _show(request, template, {**page, "sent": "sent" in request.GET}, kind(code))
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return _show(request, template, page, kind(code), _("That is more than fits here. Nothing was sent."), 413)
    if "Origin" in request.headers and not from_own_page(request):
        return _show(request, template, page, kind(code), _("Another site sent this form. Nothing was sent."), 403)
    form = kind(code, request.POST)
    if not form.is_valid():
        return _show(request, template, page, form, status=400)
    try:
        send(scanned, form)
    except messages.NotSent as error:
        return _show(request, template, page, form, str(error), 429)
    return HttpResponseRedirect(keeping_language(request, "?sent"), status=303)


def _show(
    request: HttpRequest,
    template: str,
    page: dict[str, object],
    form: MessageForm,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form with what was typed, a fresh ticket and, where it was not taken, what to do."""
    context = {**page, "form": form, "ticket": form.fresh_ticket(), "problem": problem}
    return render(request, template, context, status=status)
