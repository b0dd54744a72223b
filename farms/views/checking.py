"""
``/r/`` and a check code: does the paper say what the record says? For anybody, on any phone, without a log-in.

Asking for a code looks nothing up, so the page of a true code and of a made-up one are the same; only who types the
figures of a paper gets an answer, and only so often.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from rest_framework.throttling import BaseThrottle

from farms.forms.receipts import CodeForm, PaperForm
from farms.services.receipts.checking import check
from farms.services.receipts.guesses import too_many
from provenance.coffee.check_code import in_groups, read_check_code
from provenance.coffee.errors import UnknownIdentifier

MOST_BYTES = 4096


@method_decorator(never_cache, name="dispatch")
class AskForCode(View):
    """For who has the paper, and no camera."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.GET if "code" in request.GET else None)
        if form.is_bound and form.is_valid():
            return redirect("check:paper", code=form.cleaned_data["code"])
        return render(request, "farms/check/code.html", {"form": form}, status=400 if form.is_bound else 200)


# There is no session whose rights somebody could borrow, and nothing is written: it answers whoever asks.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class CheckPaper(View):
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        try:
            return self.show(read_check_code(code), PaperForm())
        except UnknownIdentifier:
            return self.mistyped(code)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        try:
            code = read_check_code(code)
        except UnknownIdentifier:
            return self.mistyped(code)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return self.show(code, PaperForm(), status=413, problem="That is more than fits here.")
        form = PaperForm(request.POST)
        if not form.is_valid():
            return self.show(code, form, status=400)
        # The API counts by the same address: it knows how many proxies stand before the site.
        if too_many(BaseThrottle().get_ident(request) or "", code):
            problem = "This was asked too often. Wait a quarter of an hour, then try again."
            return self.show(code, form, status=429, problem=problem)
        return self.show(code, form, verdict=check(code, form.mass_mg, form.amount))

    def mistyped(self, code: str) -> HttpResponse:
        form = CodeForm({"code": code[:40]})
        return render(self.request, "farms/check/code.html", {"form": form}, status=400)

    def show(self, code: str, form: PaperForm, *, status: int = 200, **more: object) -> HttpResponse:
        context = {"code": in_groups(code), "form": form, **more}
        return render(self.request, "farms/check/paper.html", context, status=status)
