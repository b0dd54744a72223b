from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.tlog.errors import TlogError
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Log
from provenance.trail.services.exporting import ExportFailed, export_to, prefix_of
from provenance.trail.services.exporting.checking import check_export


class Command(BaseCommand):
    help = "Write a log as static files, the very paths below /log/. With --check: re-hash those that are there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="what the web server serves as /")
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG, metavar="NAME")
        parser.add_argument("--entries", action="store_true", help="the statements too, though they are for auditors")
        parser.add_argument("--check", action="store_true", help="write nothing; exits 1 where a file does not match")

    def handle(self, *args: Any, folder: Path, name: str, entries: bool, check: bool, **options: Any) -> None:
        logs = list(Log.objects.filter(name=name).order_by("number"))
        if not logs:
            raise CommandError(f"There is no log called {name}.")
        for log in logs:
            self._check(folder, log) if check else self._export(folder, log, entries)

    def _export(self, folder: Path, log: Log, entries: bool) -> None:
        try:
            files = export_to(folder, log, entries=entries)
        except (ExportFailed, LogFrozen, TlogError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{log.origin}: {files} tiles and bundles below {folder / prefix_of(log)}")

    def _check(self, folder: Path, log: Log) -> None:
        try:
            checked = check_export(folder, log)
        except (ExportFailed, TlogError) as error:
            raise CommandError(str(error)) from None
        for path in checked.wrong:
            self.stderr.write(self.style.ERROR(f"{folder / prefix_of(log) / path}: lost, or not what the log signed"))
        if checked.wrong:
            raise CommandError(f"{log.origin}: {len(checked.wrong)} files do not match.", returncode=1)
        self.stdout.write(f"{log.origin}: {checked.files} files match the checkpoint at size {checked.size}")
