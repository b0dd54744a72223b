from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.trail.errors import RecordingStopped
from provenance.trail.services.exporting import ExportFailed
from provenance.trail.services.registry import found_log


class Command(BaseCommand):
    help = "Begin a log: its keys, its operator, its genesis and its first checkpoint. Nothing else ever makes keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG, help="as in TRAIL_LOG")
        parser.add_argument("--operator", required=True, help="name of the organisation that runs it")
        parser.add_argument("--country", help="two letters, ISO 3166-1")
        parser.add_argument(
            "--entries",
            choices=["auditors", "public"],
            default="auditors",
            help="who may read the statements themselves",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = found_log(
                options["name"], options["operator"], entries=options["entries"], country=options["country"]
            )
        except (RecordingStopped, ExportFailed) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Log {log.origin}\nAudience {log.aud}\nGive these keys to verifiers and witnesses:")
        self.stdout.write(log.vkeys)
