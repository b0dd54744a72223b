from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from provenance.trail.services.logs import active_log
from provenance.trail.services.projecting import rebuild_projections


class Command(BaseCommand):
    help = "Make the projections (parties, lots, balances ...) anew from the signed statements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)

    def handle(self, *args: Any, **options: Any) -> None:
        log = active_log(options["name"])
        self.stdout.write(f"{log.origin}: rebuilt from {rebuild_projections(log)} statements")
