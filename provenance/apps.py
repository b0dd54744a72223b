from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules

from provenance.witness.apps import WitnessConfig


class ProvenanceConfig(AppConfig):
    name = "provenance"
    label = "provenance"

    def ready(self) -> None:
        # Celery's app first, so that @shared_task binds to it; then every app's tasks, where job handlers register.
        from provenance import celery, checks  # noqa: F401

        autodiscover_modules("tasks")


class BeantrailAdminConfig(AdminConfig):
    default_site = "provenance.site.BeantrailAdminSite"


class LoneWitnessConfig(WitnessConfig):
    """The witness of an installation that is nothing else; it brings the house's checks along."""

    def ready(self) -> None:
        from provenance import checks  # noqa: F401
