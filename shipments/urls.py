from django.urls import URLPattern, URLResolver, path, reverse_lazy
from django.views.generic import RedirectView

app_name = "shipments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url=reverse_lazy("admin:shipments_stock_changelist")), name="desk"),
]
