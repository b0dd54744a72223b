"""The labels of a packed lot: a small sheet at once, a large one as a job with a progress bar."""

import uuid
from io import BytesIO

from django import forms
from django.contrib import admin
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from provenance.jobs.services import submit
from provenance.trail.models import Lot
from shipments.admin.access import businesses_of
from shipments.labels.printing import Order, draw
from shipments.models import LabelLayout
from shipments.tasks import LABELS

MOST_AT_ONCE = 100


class SheetForm(forms.Form):
    """Which bags. ``order`` makes the same click twice one job, and a reprint another."""

    use_required_attribute = False
    first = forms.IntegerField(label="From bag number", min_value=1)
    last = forms.IntegerField(label="To bag number", min_value=1)
    order = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, count: int, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.count = count

    def clean_last(self) -> int:
        last: int = self.cleaned_data["last"]
        if last > self.count:
            raise forms.ValidationError(f"This lot has {self.count:,} bags.")
        return last

    def clean(self) -> None:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            self.add_error("last", "This is before the first.")


@require_http_methods(["GET", "HEAD", "POST"])
def label_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    # A label is a bag's secret: only who packed may print it, not who bought the bags.
    lot: Lot = get_object_or_404(Lot, pk=pk, count__isnull=False, opened_by__in=businesses_of(request))
    form = SheetForm(lot.count, request.POST or None, initial={"first": 1, "last": lot.count, "order": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        return printed(request, lot, **form.cleaned_data)
    context = {
        **admin.site.each_context(request),
        "title": f"Labels of lot {lot.code}",
        "lot": lot,
        "form": form,
        "most_at_once": MOST_AT_ONCE,
    }
    return TemplateResponse(request, "admin/shipments/labels.html", context)


def printed(request: HttpRequest, lot: Lot, *, first: int, last: int, order: uuid.UUID) -> HttpResponse:
    wanted = Order.of(LabelLayout(), lot=lot.uri, code=lot.code, first=first, last=last)
    count = last - first + 1
    if count > MOST_AT_ONCE:
        job = submit(
            kind=LABELS,
            key=f"labels:{request.user.pk}:{order}",
            owner=request.user,  # type: ignore[arg-type]
            payload=wanted.as_json,
            party=lot.opened_by,
            total=count,
        )
        return redirect("jobs:job", job.pk)
    sheet = BytesIO()
    draw(wanted, sheet)
    sheet.seek(0)
    return FileResponse(sheet, filename=wanted.file_name, content_type="application/pdf")
