from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance import outside
from provenance.trail.errors import NoLog
from provenance.trail.models import Log
from provenance.trail.services.logs import active_log
from provenance.trail.services.recovering import NotMended, Refilled, refill

LONGEST_FILE = 8 * 1024 * 1024  # 256 statements of 16 KiB, and their lengths
TIMEOUT = 60.0  # seconds


class Command(BaseCommand):
    help = "Refill a database that is an old copy, from a mirror or a static export that holds the log's entries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)
        parser.add_argument(
            "--from",
            dest="source",
            required=True,
            metavar="DIR|URL",
            help="where the copy's file 'checkpoint' lies, or the folder of a static export",
        )
        parser.add_argument("--entries", metavar="TOKEN", help="the token with which a mirror gives you the entries")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = active_log(options["name"])
            refilled = refill(log, _reader(log, options["source"], options["entries"]))
        except NoLog as error:
            raise CommandError(str(error)) from None
        except (NotMended, outside.OutsideError, OSError) as error:
            raise CommandError(f"{error} Nothing was taken in; the log stays frozen.") from None
        self._tell(log, refilled)

    def _tell(self, log: Log, refilled: Refilled) -> None:
        self.stdout.write(f"{refilled.leaves} statements are back: {log.origin} has {refilled.size} leaves again.")
        if refilled.lost_values:
            self.stdout.write(
                f"{refilled.lost_values} withheld values of these are lost. Their digests stand in the log; whoever "
                "kept the values may give them again, pages say 'withheld' until then."
            )
        for party in refilled.lost_keys:
            self.stdout.write(f"The server's key of {party} is lost: revoke it and register another.")
        if refilled.still_frozen:
            for reason in refilled.still_frozen:
                self.stdout.write(self.style.ERROR(reason))
            raise CommandError("The log stays frozen.")
        self.stdout.write(f"{log.origin} is active again. Now run: manage.py verify_trail {log.name}")


def _reader(log: Log, source: str, token: str | None) -> Callable[[str], bytes | None]:
    if source.startswith(("https://", "http://")):
        return _from_server(source.rstrip("/"), token)
    folder = Path(source)
    below = folder / "log" / log.name / str(log.number)
    return _from_folder(below if below.is_dir() else folder)


def _from_folder(folder: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return read


def _from_server(address: str, token: str | None) -> Callable[[str], bytes | None]:
    headers = {"Authorization": f"Token {token}"} if token else {}

    def read(path: str) -> bytes | None:
        answer = outside.fetch(f"{address}/{path}", limit=LONGEST_FILE, timeout=TIMEOUT, headers=headers)
        return answer.body if answer.status == 200 else None

    return read
