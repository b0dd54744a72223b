from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "provenance.audit"
    label = "audit"
