from django.apps import AppConfig


class ShelfConfig(AppConfig):
    name = "provenance.shelf"
    label = "shelf"

    def ready(self) -> None:
        from provenance.bags.services.glancing import tells_glances
        from provenance.shelf.glance import glance

        tells_glances(glance)
