from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "provenance.jobs"
    label = "jobs"
