from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import TemplateView

from provenance.health import healthz, readyz
from provenance.members.forms import LogInForm
from provenance.metrics import metrics

handler500 = "provenance.unavailable.server_error"

urlpatterns = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("login/", LoginView.as_view(authentication_form=LogInForm, redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("farms/", include("farms.urls")),
    path("r/", include("farms.check_urls")),
    path("shipments/", include("shipments.urls")),
    path("jobs/", include("provenance.jobs.urls")),
    path("witness/", include("provenance.witness.urls")),
    path("mirror/", include("provenance.witness.mirroring.urls")),
    path("admin/", admin.site.urls),
    path("", include("provenance.audit.urls")),
    path("", include("provenance.shelf.urls")),
]
