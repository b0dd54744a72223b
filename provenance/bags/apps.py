from django.apps import AppConfig


class BagsConfig(AppConfig):
    name = "provenance.bags"
    label = "bags"
