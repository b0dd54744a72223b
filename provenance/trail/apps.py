from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class TrailConfig(AppConfig):
    name = "provenance.trail"
    label = "trail"
    verbose_name = "Trail"

    def ready(self) -> None:
        from provenance.trail import checks  # noqa: F401

        pre_migrate.connect(lift_triggers, sender=self)
        post_migrate.connect(install_triggers, sender=self)


def lift_triggers(using: str, **kwargs: Any) -> None:
    from provenance.trail import triggers

    triggers.lift(connections[using])


def install_triggers(using: str, **kwargs: Any) -> None:
    from provenance.trail import triggers

    triggers.install(connections[using])
