from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.tlog.canonical import format_base64
from provenance.tlog.checkpoint import Checkpoint
from provenance.trail.errors import NoLog
from provenance.trail.models import Log, LogKey
from provenance.trail.services import guarding
from provenance.trail.services.instance import instance_id
from provenance.trail.services.logs import active_log
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.recovering import NotMended, accept_fence


class Command(BaseCommand):
    help = "Show what everybody knows of a log: database, fence, witnesses, public checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=settings.TRAIL_LOG)
        parser.add_argument(
            "--accept",
            action="store_true",
            help="write a lost or damaged fence anew, after you have typed what it says",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            log = active_log(options["name"])
        except NoLog as error:
            raise CommandError(str(error)) from None
        self._show(log)
        if options["accept"]:
            self._accept(log)

    def _show(self, log: Log) -> None:
        newest = latest_checkpoint(log)
        bound = ", ".join(sorted({key.instance or "nobody yet" for key in LogKey.objects.filter(origin=log.origin)}))
        self._line("log", f"{log.origin}, {log.state}")
        if log.why_frozen:
            self._line("", log.why_frozen)
        self._line("instance", f"this is {instance_id()}, the keys are bound to {bound}")
        self._line("database", _said(Checkpoint(log.origin, newest.size, bytes(newest.root))) if newest else "nothing")
        outcome = guarding.look_around(log)
        for seen in outcome.seen:
            contradiction = guarding.contradicted(log, [seen])
            judged = f"CONTRADICTS: {contradiction[1]}" if contradiction else "agrees"
            self._line(seen.source, f"{_said(seen.checkpoint)}: {judged}")
        for trouble in filter(None, [outcome.without_fence, *outcome.troubles]):
            self._line("trouble", trouble)
        for alarm in log.fork_alarms.order_by("raised_at"):
            self._line("FORK ALARM", f"{alarm.raised_at:%Y-%m-%d %H:%M} {alarm.source}: {alarm.what}")

    def _line(self, name: str, what: str) -> None:
        self.stdout.write(f"{name:<22} {what}")

    def _accept(self, log: Log) -> None:
        newest = latest_checkpoint(log)
        wanted = f"{newest.size} {format_base64(bytes(newest.root))}" if newest else ""
        self.stdout.write(
            "Is this the newest that the log ever released? Whoever has seen a larger log will prove the fork.\n"
            f"To make the fence say so, type:  {wanted}"
        )
        if input("> ").strip() != wanted:
            raise CommandError("That is not what stands there. Nothing was changed.")
        try:
            accepted = accept_fence(log)
        except NotMended as error:
            raise CommandError(f"Nothing was changed. {error}") from None
        self.stdout.write(f"The fence says {_said(accepted)}. Now run: manage.py thaw {log.name}")


def _said(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size} leaves, root {format_base64(checkpoint.root)}"
