from django.apps import AppConfig


class ShelfConfig(AppConfig):
    name = "provenance.shelf"
    label = "shelf"
