import logging
import os
import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from provenance.keyring import Unsealable
from provenance.tlog.damage import damaged_files
from provenance.tlog.errors import TlogError
from provenance.tlog.proven import Read
from provenance.witness.errors import WitnessError
from provenance.witness.mirroring.errors import Fork, NotPulled
from provenance.witness.mirroring.keeping import reader_of, said_in, trust_in
from provenance.witness.mirroring.pulling import enrol, pull
from provenance.witness.mirroring.remote import reader_of as reader_of_server
from provenance.witness.mirroring.replaying import Replays, cosign_held
from provenance.witness.models import MirroredLog, WitnessKey
from provenance.witness.services import keys

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0


class Command(BaseCommand):
    help = "Keep a copy of somebody's log, every byte of it proven. Exits 1 where the log signed two histories."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="where the log's file checkpoint lies, without that name")
        parser.add_argument("--trust", type=Path, metavar="FILE", help="its trust file, got elsewhere than there")
        parser.add_argument("--vkey", action="append", default=[], help="or each of its verifier keys")
        parser.add_argument("--entries", action="store_true", help="copy the statements too; the log must give them")
        parser.add_argument(
            "--entries-token-from-env", metavar="NAME", help="the same, with the token in this environment variable"
        )
        parser.add_argument("--once", action="store_true", help="one pull, then stop")
        parser.add_argument("--every", type=float, default=5.0, help="seconds between pulls (default: %(default)s)")
        parser.add_argument("--check", action="store_true", help="hash all that is held again, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        token = self._token(options["entries_token_from_env"])
        url = options["url"].rstrip("/")
        read = reader_of_server(url, token)
        if options["check"]:
            self._check(self._known(url))
            return
        try:
            log = self._enrolled(url, read, options, bool(token))
            replays = Replays()
            if options["once"]:
                self._round(log, read, replays)
                self._tell(log)
                return
        except (WitnessError, TlogError, Unsealable) as error:
            raise CommandError(str(error), returncode=1) from None
        self._follow(log, read, replays, options["every"])

    def _token(self, name: str | None) -> str:
        if name and not os.environ.get(name):
            raise CommandError(f"The environment variable {name} is not set.")
        return os.environ[name] if name else ""

    def _known(self, url: str) -> MirroredLog:
        log = MirroredLog.objects.filter(url=url).first()
        if log is None:
            raise CommandError(f"{url} is not mirrored here yet: name its keys with --trust FILE or --vkey.")
        return log

    def _enrolled(self, url: str, read: Read, options: dict[str, Any], with_token: bool) -> MirroredLog:
        entries = options["entries"] or with_token
        if options["trust"]:
            try:
                trust = options["trust"].read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{options['trust']} cannot be read: {error}") from None
        else:
            trust = trust_in(options["vkey"]) if options["vkey"] else self._known(url).trust
        return enrol(url, trust, read, entries=entries, entries_public=entries and not with_token)

    def _round(self, log: MirroredLog, read: Read, replays: Replays) -> None:
        if new := pull(log, read):
            self.stdout.write(f"{log.origin}: {log.size} leaves, {new} of them new")
        if keys.verifiers(WitnessKey.Role.MIRROR) and log.entries and log.size > log.replayed:
            replays.catch_up(log)
            if cosign_held(log):
                self.stdout.write(f"{log.origin}: cosigned at {log.size} leaves")

    def _tell(self, log: MirroredLog) -> None:
        what = "with all statements" if log.entries and log.entries_size == log.size else "without the statements"
        self.stdout.write(f"{log.origin}: {log.size} leaves are held, {what}")

    def _follow(self, log: MirroredLog, read: Read, replays: Replays, every: float) -> None:
        """Until stopped. A trouble is told and tried again, later and later; a fork ends it."""
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        self.stdout.write(f"mirror: following {log.origin}")
        pause = every
        while not stopping.is_set():
            close_old_connections()
            try:
                self._round(log, read, replays)
                pause = every
            except Fork as error:
                raise CommandError(str(error), returncode=1) from None
            except (NotPulled, WitnessError, TlogError, Unsealable) as error:
                logger.error("mirror of %s: %s", log.origin, error)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                # The door of this process: whatever goes wrong in one round, the next one tries again.
                logger.exception("mirror of %s failed, trying again", log.origin)
                pause = min(pause * 2, LONGEST_PAUSE)
            stopping.wait(pause)
        self.stdout.write("mirror: stopped")

    def _check(self, log: MirroredLog) -> None:
        if not log.note:
            raise CommandError(f"Nothing of {log.origin} is held yet.")
        entries = log.entries and log.entries_size == log.size
        wrong = list(damaged_files(said_in(log.note), reader_of(log), entries=entries))
        for path in wrong:
            self.stderr.write(self.style.ERROR(f"{log.origin}/{path}: lost, or not what the log signed"))
        if wrong:
            raise CommandError(f"{log.origin}: {len(wrong)} files do not match.", returncode=1)
        self.stdout.write(f"{log.origin}: all that is held matches the checkpoint at size {log.size}")
