from django.urls import path, re_path

from provenance.shelf.languages import in_readers_language
from provenance.shelf.views import badge, bundles, codes, counting, messages, pages, pictures, resolver, scripts

app_name = "shelf"
urlpatterns = [
    path("01/<path:rest>", in_readers_language(resolver.digital_link), name="digital-link"),
    path("t/<str:token>", in_readers_language(resolver.token), name="token"),
    path(".well-known/gs1resolver", resolver.description, name="resolver-description"),
    path("page/01/<path:rest>", in_readers_language(codes.digital_link_page), name="digital-link-page"),
    path("epcis/class/<path:name>", in_readers_language(codes.own_lot_page), name="lot"),
    path("find/", in_readers_language(codes.find), name="find"),
    path("bundle/<uuid:lot>.json", bundles.bundle, name="bundle"),
    re_path(r"^picture/(?P<sha256>[0-9a-f]{64})\.webp$", pictures.picture, name="picture"),
    path("badge/<path:path>.svg", in_readers_language(badge.badge), name="badge"),
    path("seen", counting.seen, name="seen"),
    path("report/<path:code>", in_readers_language(messages.report), name="report"),
    path("thanks/<path:code>", in_readers_language(messages.thanks), name="thanks"),
    re_path(r"^check\.(?P<digest>[0-9a-f]{12})\.js$", scripts.check, name="check-script"),
    path("how/", in_readers_language(pages.how), name="how"),
    path("verify/", in_readers_language(pages.verify), name="verify"),
    # The shortest compressed GTIN has ten letters. Last, for it may look like any word.
    re_path(r"^(?P<text>[A-Za-z0-9_-]{10,120})/?$", in_readers_language(resolver.compressed), name="compressed-link"),
]
