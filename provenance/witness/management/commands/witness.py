import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.keyring import Unsealable
from provenance.witness.services import keys


class Command(BaseCommand):
    help = "Run a witness alone: its own database, no coffee. Migrates, then serves until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--bind", default=f"127.0.0.1:{port}", help="address and port (default: %(default)s)")
        parser.add_argument(
            "--workers", type=int, default=2, help="processes, of 4 threads each (default: %(default)s)"
        )

    def handle(self, *args: Any, bind: str, workers: int, **options: Any) -> None:
        if not settings.WITNESS_ONLY:
            raise CommandError(
                "This is a whole Beantrail, which is a witness at /witness/ already. For a witness alone, set "
                "WITNESS_ONLY=true for this and the other commands."
            )
        call_command("migrate", verbosity=0)
        if not keys.verifiers():
            raise CommandError("This witness has no keys yet: manage.py create_witness NAME")
        try:
            keys.signers()
        except Unsealable as error:
            raise CommandError(
                f"{error} They were made under another master key: name that one. Where none was named, it is in "
                f"{settings.DATA_DIR / 'key-encryption-key'}."
            ) from None
        self.stdout.write(f"The witness is at {settings.PUBLIC_URL}/witness/ (Ctrl-C stops it)")
        self.stdout.flush()
        gunicorn = ["-m", "gunicorn", "provenance.wsgi", "--bind", bind, "--worker-class", "gthread"]
        gunicorn += ["--workers", str(workers), "--threads", "4", "--no-control-socket", "--log-level", "warning"]
        os.chdir(settings.BASE_DIR)
        # In place of this process, so that whoever stops or restarts it means the server.
        os.execv(sys.executable, [sys.executable, *gunicorn])  # noqa: S606
