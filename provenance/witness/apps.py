from django.apps import AppConfig


class WitnessConfig(AppConfig):
    name = "provenance.witness"
    label = "witness"
    verbose_name = "Witness"
