from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.tlog.errors import MalformedKey
from provenance.witness.errors import WitnessError
from provenance.witness.services import keys


class Command(BaseCommand):
    help = "Make this installation a witness: its two keys, once. Nothing else ever makes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name",
            nargs="?",
            default=settings.WITNESS_NAME,
            help="as it stands in every cosignature, for example ngo.example/witness (default: %(default)s)",
        )

        parser.add_argument(
            "--mirror", action="store_true", help="keys for the mirror instead, which cosigns what it has replayed"
        )

    def handle(self, *args: Any, name: str, mirror: bool, **options: Any) -> None:
        role = keys.Role.MIRROR if mirror else keys.Role.WITNESS
        try:
            made = keys.create(name, role)
        except (WitnessError, MalformedKey) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{role.label} {name}. Give these keys to whoever is to trust it:")
        for key in made:
            self.stdout.write(key.vkey)
        self.stdout.write(f"Logs ask it at {settings.PUBLIC_URL}/{role}")
