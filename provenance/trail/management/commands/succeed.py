from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.trail.errors import RecordingStopped
from provenance.trail.services.logs import active_log
from provenance.trail.services.recovering import NotMended, outlook, succeed


class Command(BaseCommand):
    help = "Retire a log that cannot go on, and begin the next number of its series. This is never taken back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)
        parser.add_argument("--lost", type=int, default=0, metavar="K", help="leaves that are known to be lost")
        parser.add_argument("--without-witnesses", action="store_true", help="go on although no witness answers")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = active_log(options["name"])
            view = outlook(log)
            self.stdout.write(
                f"{log.origin} ends for ever. It has {view.retired.size} leaves; all carry over, and what waits.\n"
                f"{view.seen_by} has seen the most; {view.lost} leaves beyond that are lost, and the new log says so."
            )
            for trouble in view.troubles:
                self.stdout.write(self.style.WARNING(trouble))
            self.stdout.write(f"If there is no copy to refill from (manage.py recover), type:  {log.origin}")
            if input("> ").strip() != log.origin:
                raise CommandError("That is not what stands there. Nothing was changed.")
            following = succeed(log, lost=options["lost"], without_witnesses=options["without_witnesses"])
        except NotMended as error:
            raise CommandError(f"{error} No log was begun.") from None
        except RecordingStopped as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{following.origin} has begun. Its keys, which leaf 0 of the series lists; give them to verifiers and "
            f"witnesses:\n{following.vkeys}"
        )
