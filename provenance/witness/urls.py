"""Addresses under /witness/. The submission prefix and the monitoring prefix are both /witness."""

from django.urls import path

from provenance.witness import views

app_name = "witness"
urlpatterns = [
    path("", views.page, name="page"),
    path("add-checkpoint", views.submit, name="add-checkpoint"),
    path("policy", views.policy, name="policy"),
    path("logs/<path:log>/checkpoint", views.checkpoint, name="checkpoint"),
    path("logs/<path:log>/contradictions", views.contradictions, name="contradictions"),
]
