from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "provenance.members"
    label = "members"
