from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from provenance.bags.models import Link, Product
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_gtin
from provenance.members.models import Membership
from provenance.members.services import parties_of
from provenance.site import is_plain_filter
from provenance.trail.services.queries import names_of

MG_PER_G = 1_000
Role = Membership.Role
PACKERS = (Role.STATION, Role.MILL, Role.EXPORTER, Role.IMPORTER, Role.ROASTER)


class ProductForm(forms.ModelForm):
    """A product in grams, its GTIN in 14 digits however many of them were typed."""

    net_g = forms.DecimalField(
        label="Net weight of a bag, g", min_value=1, max_value=1_000_000, max_digits=10, decimal_places=3
    )

    class Meta:
        model = Product
        fields = ["party_uri", "name", "gtin", "label_level"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.net_mg:
            self.fields["net_g"].initial = self.instance.net_mg / MG_PER_G

    def clean_gtin(self) -> str:
        gtin: str = self.cleaned_data["gtin"]
        try:
            gtin = check_gtin(gtin) if gtin else ""
        except UnknownIdentifier as error:
            raise forms.ValidationError(str(error)) from error
        # Set free, it could be taken by another business, and every printed code would lead to that one's links.
        if gtin != self.instance.gtin and self.instance.bags_bear_gtin:
            raise forms.ValidationError(
                f"Bags bear the GTIN {self.instance.gtin}, and their codes lead here. Make another product for another."
            )
        return gtin

    def _post_clean(self) -> None:
        # Before the model looks at itself, which wants milligrams.
        if net_g := self.cleaned_data.get("net_g"):
            self.instance.net_mg = int(net_g * MG_PER_G)
        super()._post_clean()  # type: ignore[misc]


class OfMembers:
    """Whoever works for a business may see and change its products. Memberships decide, not Django's permissions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser or parties_of(request.user, *PACKERS))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Printed codes lead to their product for as long as a bag stands on a shelf.
        return False


class LinkInline(OfMembers, admin.StackedInline):
    """Where else the product's codes lead. A link is no fact: it may be taken away again."""

    model = Link
    extra = 0
    fields = [("type", "title"), "href", ("lot_code", "language", "media_type")]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)


@admin.register(Product)
class ProductAdmin(OfMembers, admin.ModelAdmin):
    """A member sees and changes the products of its own parties. Bags are not here: their serials are secret."""

    form = ProductForm
    fields = ["party_uri", "name", "gtin", "net_g", "label_level"]
    list_display = ["name", "gtin", "label_level"]
    search_fields = ["name", "gtin"]
    inlines = [LinkInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        products = super().get_queryset(request)
        if request.user.is_superuser:
            return products
        return products.filter(party_uri__in=parties_of(request.user, *PACKERS))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return is_plain_filter(lookup, value)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> forms.Field | None:
        if db_field.name == "party_uri" and request is not None and not request.user.is_superuser:
            own = parties_of(request.user, *PACKERS)
            names = names_of(own)
            return forms.ChoiceField(label="Roaster", choices=[(uri, names.get(uri, uri)) for uri in own])
        return super().formfield_for_dbfield(db_field, request, **kwargs)
