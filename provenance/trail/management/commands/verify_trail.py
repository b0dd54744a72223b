from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.trail.models import Log
from provenance.trail.services.verifying import findings_of


class Command(BaseCommand):
    help = "Check a series of logs against its own stored bytes. Names every fault; exits 1 where there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)

    def handle(self, *args: Any, **options: Any) -> None:
        logs = list(Log.objects.filter(name=options["name"]).order_by("number"))
        if not logs:
            raise CommandError(f"There is no log called {options['name']}.")
        findings = findings_of(logs[-1])
        counts = ", ".join(f"{count} {what}" for what, count in findings.counts.items())
        self.stdout.write(f"{', '.join(log.origin for log in logs)}: {counts}")
        for note in findings.notes:
            self.stdout.write(note)
        for fault in findings.faults:
            self.stdout.write(self.style.ERROR(str(fault)))
        if findings.faults:
            raise CommandError(
                "1 fault." if len(findings.faults) == 1 else f"{len(findings.faults)} faults.", returncode=1
            )
        self.stdout.write("No fault.")
