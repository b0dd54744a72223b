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

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            made = keys.create(name)
        except (WitnessError, MalformedKey) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Witness {name}. Give these keys to whoever is to trust it:")
        for key in made:
            self.stdout.write(key.vkey)
        self.stdout.write(f"Logs ask it at {settings.PUBLIC_URL}/witness")
