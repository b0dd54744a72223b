from django.urls import path, re_path

from provenance.shelf.views import badge, bundles, codes, counting, messages, pages, pictures, resolver

app_name = "shelf"
urlpatterns = [
    path("01/<path:rest>", resolver.digital_link, name="digital-link"),
    path("t/<str:token>", resolver.token, name="token"),
    path(".well-known/gs1resolver", resolver.description, name="resolver-description"),
    path("page/01/<path:rest>", codes.digital_link_page, name="digital-link-page"),
    path("epcis/class/<path:name>", codes.own_lot_page, name="lot"),
    path("find/", codes.find, name="find"),
    path("bundle/<uuid:lot>.json", bundles.bundle, name="bundle"),
    re_path(r"^picture/(?P<sha256>[0-9a-f]{64})\.webp$", pictures.picture, name="picture"),
    path("badge/<path:path>.svg", badge.badge, name="badge"),
    path("seen", counting.seen, name="seen"),
    path("report/<path:code>", messages.report, name="report"),
    path("thanks/<path:code>", messages.thanks, name="thanks"),
    path("how/", pages.how, name="how"),
    path("verify/", pages.verify, name="verify"),
    # The shortest compressed GTIN has ten letters. Last, for it may look like any word.
    re_path(r"^(?P<text>[A-Za-z0-9_-]{10,120})/?$", resolver.compressed, name="compressed-link"),
]
