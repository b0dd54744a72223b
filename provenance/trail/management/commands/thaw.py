from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.trail.errors import NoLog
from provenance.trail.models import Log
from provenance.trail.services.logs import active_log
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.recovering import NotMended, thaw


class Command(BaseCommand):
    help = (
        "Let a frozen log go on: verifies the whole trail, asks fence, witnesses and public checkpoint, then thaws it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)
        parser.add_argument(
            "--without-witnesses", action="store_true", help="for 24 hours, begin to sign although no witness answers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = active_log(options["name"])
        except NoLog as error:
            raise CommandError(str(error)) from None
        if log.state != Log.State.FROZEN:
            raise CommandError(f"The log {log.origin} is not frozen.")
        self.stdout.write(f"{log.origin} is frozen: {log.why_frozen}")
        without = options["without_witnesses"]
        if without:
            self._confirm(log)
        try:
            thaw(log, without_witnesses=without)
        except NotMended as error:
            for reason in error.reasons:
                self.stdout.write(self.style.ERROR(reason))
            raise CommandError("The log stays frozen.") from None
        self.stdout.write(f"{log.origin} is active again.")

    def _confirm(self, log: Log) -> None:
        newest = latest_checkpoint(log)
        size = newest.size if newest else 0
        self.stdout.write(
            f"No witness will say whether {size} leaves are all that the log ever released. Ask somebody who keeps a "
            f"pack, a mirror or a phone's page.\nIf nobody has seen more, type:  {size}"
        )
        if input("> ").strip() != str(size):
            raise CommandError("That is not what stands there. Nothing was changed.")
