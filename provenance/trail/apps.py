from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "provenance.trail"
    label = "trail"
