from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_delete


class ShelfConfig(AppConfig):
    name = "provenance.shelf"
    label = "shelf"

    def ready(self) -> None:
        from provenance.bags.services.glancing import tells_glances
        from provenance.shelf.glance import glance

        tells_glances(glance)
        # Destroying a person's key is how personal data is erased: by then it lies in no page that is kept.
        pre_delete.connect(forget_pages, sender="trail.SubjectKey", dispatch_uid="kept pages")


def forget_pages(**signal: Any) -> None:
    from provenance.shelf.keeping.store import forget_all

    forget_all()
