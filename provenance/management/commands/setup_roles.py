"""Makes PostgreSQL's roles and gives each its rights. Run it as the owner or a superuser, after every migrate."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from provenance.roles import Roles, RolesRefused, set_up


class Command(BaseCommand):
    help = (
        "Make the roles owner, app and auditor in PostgreSQL and give each its rights. Run it after every migrate, as "
        "a superuser or as the owner. APP_DATABASE_PASSWORD and AUDITOR_DATABASE_PASSWORD set passwords."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", default="beantrail_owner", help="owns the tables and migrates (%(default)s)")
        parser.add_argument("--app", default="beantrail_app", help="the site's role (%(default)s)")
        parser.add_argument("--auditor", default="beantrail_auditor", help="reads the trail (%(default)s)")

    def handle(self, *args: Any, owner: str, app: str, auditor: str, **options: Any) -> None:
        from_environment = {"APP_DATABASE_PASSWORD": app, "AUDITOR_DATABASE_PASSWORD": auditor}
        passwords = {role: os.environ[name] for name, role in from_environment.items() if os.environ.get(name)}
        try:
            done = set_up(connection, Roles(owner, app, auditor), passwords)
        except RolesRefused as refused:
            raise CommandError(str(refused)) from None
        for sentence in done:
            self.stdout.write(sentence)
