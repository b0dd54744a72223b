"""Addresses of a witness that runs alone (``WITNESS_ONLY``)."""

from django.urls import include, path
from django.views.generic import RedirectView

from provenance.health import healthz, readyz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="witness:page"), name="landing"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("witness/", include("provenance.witness.urls")),
    path("mirror/", include("provenance.witness.mirroring.urls")),
]
