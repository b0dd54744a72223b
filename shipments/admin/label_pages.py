"""The labels of a packed lot: few at once, many as a job with a progress bar; and what a shopper will see."""

import uuid
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from provenance.bags.models import Bag
from provenance.bags.services.glancing import glance_at
from provenance.bags.services.issuing import bag_url, bags_of
from provenance.jobs.services import submit
from provenance.printing.codes import code_png, code_svg
from provenance.trail.models import Lot
from shipments.admin.access import businesses_of
from shipments.admin.label_forms import PrintForm, plain_layout
from shipments.labels.arranging import CodeTooSmall
from shipments.labels.content import labels_of, paper_for, url_of
from shipments.labels.previewing import Preview, preview
from shipments.labels.printing import Order, draw
from shipments.models import LabelLayout
from shipments.services.ending import called_back
from shipments.tasks import LABELS

MOST_AT_ONCE = 100
CODE_FILES = {"svg": (code_svg, "image/svg+xml"), "png": (code_png, "image/png")}


def own_lot(request: HttpRequest, pk: uuid.UUID) -> Lot:
    """A label is a bag's secret: only who packed may print it, not who bought the bags."""
    lot: Lot = get_object_or_404(Lot, pk=pk, count__isnull=False, opened_by__in=businesses_of(request))
    return lot


@require_http_methods(["GET", "HEAD", "POST"])
def label_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    lot = own_lot(request, pk)
    bag = bags_of(lot.uri).first()
    if bag is None:
        raise Http404
    is_recalled = lot.uri in called_back()
    form = PrintForm(
        lot, bag.product, request.POST or None, initial=asked_for(request, lot, bag), is_recalled=is_recalled
    )
    layout, problem = layout_of(form), ""
    if request.method == "POST" and form.is_valid() and "show" not in request.POST:
        try:
            return printed(request, lot, layout, form.cleaned_data)
        except CodeTooSmall as refused:
            form.add_error("layout", str(refused))
    try:
        shown: Preview | None = preview_of(lot, layout, form)
    except CodeTooSmall as refused:
        shown, problem = None, str(refused)
    url = url_of(bag, layout)
    context = {
        **admin.site.each_context(request),
        "title": f"Labels of lot {lot.code}",
        "lot": lot,
        "form": form,
        "layout": layout,
        "product": bag.product,
        "shown": shown,
        "problem": problem,
        "is_recalled": is_recalled,
        "glance": glance_at(lot.uri),
        "page": urlsplit(url).path,
        "names_only_the_product": layout.level == LabelLayout.Level.GTIN and bool(bag.gtin),
        "has_code_files": bool(bag.gtin),
        "badge": f"{settings.PUBLIC_URL}/badge{urlsplit(lot.uri).path}.svg",
        "badge_path": f"/badge{urlsplit(lot.uri).path}.svg",
        "lot_page": f"{settings.PUBLIC_URL}{urlsplit(lot.uri).path}",
        "most_at_once": MOST_AT_ONCE,
    }
    return TemplateResponse(request, "admin/shipments/labels.html", context)


def asked_for(request: HttpRequest, lot: Lot, bag: Bag) -> dict[str, Any]:
    """What the form begins with: the layout of the address, else the product's first, with its own calibration."""
    layouts = LabelLayout.objects.filter(product=bag.product)
    wanted = request.GET.get("layout", "")
    layout = layouts.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdecimal() else layouts.first()
    moved = {"right": layout.right_mm, "down": layout.down_mm} if layout else {}
    return {"layout": layout, "first": 1, "last": lot.count, "start": 1, "order": uuid.uuid4(), **moved}


def layout_of(form: PrintForm) -> LabelLayout:
    if form.is_bound:
        form.is_valid()
        chosen = form.cleaned_data.get("layout")
    else:
        chosen = form.initial["layout"]
    return chosen or plain_layout(form.product)


def preview_of(lot: Lot, layout: LabelLayout, form: PrintForm) -> Preview:
    number = form.cleaned_data.get("first", 1) if form.is_bound else 1
    number = min(number, lot.count or 1)
    [label] = labels_of(lot.uri, layout, first=number, last=number)
    return preview(label, paper_for(layout))


def printed(request: HttpRequest, lot: Lot, layout: LabelLayout, said: dict[str, Any]) -> HttpResponse:
    """Raises CodeTooSmall, before anything is ordered."""
    wanted = Order.of(
        layout,
        lot=lot.uri,
        code=lot.code,
        first=said["first"],
        last=said["last"],
        start=said["start"] or 1,
        right=float(said["right"] or 0),
        down=float(said["down"] or 0),
    )
    if wanted.count > MOST_AT_ONCE:
        [label] = labels_of(lot.uri, layout, first=wanted.first, last=wanted.first)
        preview(label, paper_for(layout))
        job = submit(
            kind=LABELS,
            key=f"labels:{request.user.pk}:{said['order']}",
            owner=request.user,  # type: ignore[arg-type]
            payload=wanted.as_json,
            total=wanted.count,
            party=lot.opened_by,
        )
        return redirect("jobs:job", job.pk)
    sheet = BytesIO()
    draw(wanted, sheet)
    sheet.seek(0)
    return FileResponse(sheet, filename=wanted.file_name, content_type=wanted.content_type, as_attachment=wanted.is_zpl)


@require_safe
def code_file(request: HttpRequest, pk: uuid.UUID, kind: str) -> HttpResponse:
    """The one code of all bags of the lot, for a printing house or an inkjet."""
    lot = own_lot(request, pk)
    bag = bags_of(lot.uri).first()
    if kind not in CODE_FILES or bag is None or not bag.gtin:
        raise Http404
    make, content_type = CODE_FILES[kind]
    answer = HttpResponse(make(bag_url(bag, level=LabelLayout.Level.LOT)), content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(True, f"code-{lot.code.replace('/', '-')}.{kind}")
    return answer
