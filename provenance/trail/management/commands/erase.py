"""Erases what is personal of one party."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.trail.models import Disclosure, Party
from provenance.trail.services.erasing import erase
from provenance.trail.services.logs import active_log


class Command(BaseCommand):
    help = "Erase everything personal of a party, for ever: names, places, words, pictures. The proofs still hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("party", help="the party's URI")
        parser.add_argument("--yes", action="store_true", help="do it; without this it refuses")

    def handle(self, *args: Any, **options: Any) -> None:
        party = options["party"]
        if not Party.objects.filter(uri=party).exists():
            raise CommandError(f"There is no party {party}.")
        if not options["yes"]:
            raise CommandError("This cannot be undone. Say --yes to do it.")
        count = Disclosure.objects.filter(subject=party).count()
        erase(party, by=active_log().operator)
        self.stdout.write(f"{count} values erased, and the key over them.")
