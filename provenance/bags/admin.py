from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from provenance.bags.models import Link, Product
from provenance.members.services import parties_of


class LinkInline(admin.TabularInline):
    model = Link
    extra = 0


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """A member sees and changes the products of its own parties. Bags are not here: their serials are secret."""

    list_display = ["name", "gtin", "label_level", "party_uri"]
    search_fields = ["name", "gtin"]
    inlines = [LinkInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        products = super().get_queryset(request)
        if request.user.is_superuser:
            return products
        return products.filter(party_uri__in=parties_of(request.user))

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest | None, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "party_uri" and request is not None and not request.user.is_superuser:
            return forms.ChoiceField(label="Roaster", choices=[(uri, uri) for uri in parties_of(request.user)])
        return super().formfield_for_dbfield(db_field, request, **kwargs)
