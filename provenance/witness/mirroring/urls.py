"""Addresses under /mirror/."""

from django.urls import path, re_path

from provenance.witness.mirroring import views

app_name = "mirror"
urlpatterns = [
    path("add-checkpoint", views.submit, name="add-checkpoint"),
    re_path(r"^(?P<origin>.+?)/(?P<path>checkpoint|tile/.+)$", views.file, name="file"),
]
