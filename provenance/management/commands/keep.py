"""
The process that keeps the promises: publishes what is recorded and does the jobs.

Several may run at once, and one may be killed at any line: what is to be done stands in the database and is found
there again by the next round.
"""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections, connections

from farms.services.receipts.numbering import number_all, number_new
from provenance.bags.services.messages import forget_old_words
from provenance.jobs import services as jobs
from provenance.shelf.keeping.store import sweep as sweep_pages
from provenance.trail.services.attaching.storing import sweep
from provenance.trail.services.exporting import export_due
from provenance.trail.services.guarding import EVERY as GUARD_EVERY
from provenance.trail.services.guarding import guard_due
from provenance.trail.services.publishing import publish_due
from provenance.trail.services.witnessing import ask_due

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
# With Celery a job is first left to the workers.
LEFT_TO_CELERY = timedelta(seconds=30)


@dataclass
class Duty:
    """Something to be done again and again. After a failure it waits twice as long each time, at most a minute."""

    name: str
    do: Callable[[], Any]
    every: float = 1.0
    pause: float = field(default=0.0, init=False)

    def round(self) -> bool:
        """One round; False if it failed."""
        close_old_connections()
        try:
            self.do()
        except Exception:
            # The door of this process: whatever goes wrong in one round, the next one tries again.
            log.exception("keep: %s failed, trying again", self.name)
            self.pause = min(max(self.pause, self.every) * 2, LONGEST_PAUSE)
            return False
        self.pause = self.every
        return True

    def until(self, stopping: threading.Event) -> None:
        try:
            while not stopping.is_set():
                self.round()
                stopping.wait(self.pause)
        finally:
            connections.close_all()


class Command(BaseCommand):
    help = "Publish recorded events every second and do waiting jobs. Stops cleanly on SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round of everything, then stop")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        self.check(tags=["serving"], include_deployment_checks=True, databases=["default"])
        stopping = threading.Event()
        waiting_for = LEFT_TO_CELERY if settings.REDIS_URL else timedelta(0)
        duties = [
            Duty("guard", guard_due, every=GUARD_EVERY),
            Duty("publishing", publish_due),
            # In a thread of its own: a witness that hangs must not hold up the log.
            Duty("witnesses", ask_due),
            # Publishing exports; this takes up what failed, and the lines that witnesses add later.
            Duty("export", export_due, every=5.0),
            Duty("attachments", sweep, every=3600.0),
            Duty("kept pages", sweep_pages, every=3600.0),
            # So that the code on a paper is found soon after the receipt has come in.
            Duty("receipts", number_new, every=2.0),
            Duty("all receipts", number_all, every=3600.0),
            Duty("words of shoppers", forget_old_words, every=3600.0),
            # In a thread of its own: a long import must not hold up the log.
            Duty("jobs", lambda: jobs.run_due(waiting_for=waiting_for, interrupted=stopping.is_set)),
        ]
        if once:
            rounds = [duty.round() for duty in duties]
            if not all(rounds):
                raise SystemExit(1)
            return
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        threads = [threading.Thread(target=duty.until, args=[stopping], name=duty.name) for duty in duties]
        for thread in threads:
            thread.start()
        self.stdout.write("keep: at work")
        for thread in threads:
            thread.join()
        self.stdout.write("keep: stopped")
