"""Addresses under /api/ and, at each log's own origin, /log/<name>/<number>/."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from provenance.audit.views import attachments, events, index, logs, lots, pages, statements

app_name = "audit"
urlpatterns = [
    path("api/", pages.documentation, name="documentation"),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/events", events.EventList.as_view(), name="events"),
    path("api/events/<uuid:uuid>", events.OneEvent.as_view(), name="event"),
    path("api/events/<uuid:uuid>/proof", events.EventProof.as_view(), name="event-proof"),
    path("api/events/<uuid:uuid>/standing", events.EventStanding.as_view(), name="event-standing"),
    path(
        "api/events/<uuid:uuid>/attachments/<str:sha256>",
        attachments.EventAttachment.as_view(),
        name="event-attachment",
    ),
    path("api/lots/<path:code>/trail", lots.LotTrail.as_view(), name="lot-trail"),
    path("api/lots/<path:code>/pack", lots.LotPack.as_view(), name="lot-pack"),
    path("log/<slug:name>/<int:number>/checkpoint", logs.checkpoint, name="checkpoint"),
    path("log/<slug:name>/<int:number>/tile/<path:path>", logs.tile, name="tile"),
    path("log/<slug:name>/<int:number>/index/<str:kind>/<path:id>", index.IndexEntry.as_view(), name="index"),
    path("log/<slug:name>/<int:number>/statements", statements.Statements.as_view(), name="statements"),
    path("log/<slug:name>/<int:number>/trust", logs.trust, name="trust"),
    path("log/<slug:name>/<int:number>/policy", logs.policy, name="policy"),
]
