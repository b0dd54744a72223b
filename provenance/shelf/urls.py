from django.urls import path

from provenance.shelf.views import bundles, pages, resolver

app_name = "shelf"
urlpatterns = [
    path("01/<path:rest>", resolver.digital_link_page, name="digital-link"),
    path("t/<str:token>", resolver.token_page, name="token"),
    path("epcis/class/<path:name>", resolver.own_lot_page, name="lot"),
    path("bundle", bundles.bundle, name="bundle"),
    path("find/", resolver.find, name="find"),
    path("how/", pages.how, name="how"),
    path("verify/", pages.verify, name="verify"),
]
