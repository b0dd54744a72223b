"""Designing labels: a form, and beside it the label as it will be printed. Nothing is kept before "Keep it"."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from provenance.bags.models import Product
from shipments.admin.access import OwnBusiness, businesses_of
from shipments.admin.label_forms import LayoutForm
from shipments.labels.arranging import CodeTooSmall
from shipments.labels.content import paper_for, sample_of
from shipments.labels.previewing import Preview, preview
from shipments.models import LabelLayout


@admin.register(LabelLayout)
class LabelLayoutAdmin(OwnBusiness):
    """The layouts of one's own products."""

    list_display = ["name", "product", "paper", "printer", "level"]
    list_display_links = ["name"]
    list_select_related = ["product"]

    def own(self, parties: Any) -> QuerySet[LabelLayout]:
        return LabelLayout.objects.filter(product__party_uri__in=parties)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(businesses_of(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_own(request, obj)

    def _is_own(self, request: HttpRequest, obj: Any) -> bool:
        parties = businesses_of(request)
        return bool(parties) and (obj is None or obj.product.party_uri in parties)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        product = own_product(request)
        level = LabelLayout.Level.SERIAL if product is None or product.gtin else LabelLayout.Level.TOKEN
        return self.designer(request, LabelLayout(product=product, level=level))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        layout = self.get_object(request, object_id)
        if layout is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.designer(request, layout)

    def designer(self, request: HttpRequest, layout: LabelLayout) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        form = LayoutForm(businesses_of(request), request.POST or None, instance=layout)
        shown = self.shown(form)
        if request.method == "POST" and form.is_valid() and "show" not in request.POST:
            kept = form.save()
            messages.success(request, f"The layout {kept} is kept. It is offered where labels of {kept.product} print.")
            return redirect("admin:shipments_labellayout_change", kept.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Labels of {layout.product}: {layout}" if layout.pk else "A new label layout",
            "form": form,
            "layout": layout,
            "shown": shown,
        }
        return TemplateResponse(request, "admin/shipments/layout.html", context)

    def shown(self, form: LayoutForm) -> Preview | None:
        """The label as filled in, even without a name; None, with an error at the form, where it cannot be drawn."""
        if form.is_bound and set(form.errors) - {"name", NON_FIELD_ERRORS}:
            return None
        layout = form.instance
        if not layout.product_id:
            return None
        try:
            return preview(sample_of(layout), paper_for(layout))
        except CodeTooSmall as refused:
            if form.is_bound:
                form.add_error("paper", str(refused))
            return None


def own_product(request: HttpRequest) -> Product | None:
    """The product of the address, else one's only one or the first."""
    products = Product.objects.filter(party_uri__in=businesses_of(request))
    wanted = request.GET.get("product", "")
    return (
        products.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdecimal() else None
    ) or products.first()
