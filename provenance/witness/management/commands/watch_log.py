from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.tlog.errors import MalformedKey, MalformedPolicy
from provenance.tlog.keys import VerifierKey, parse_vkey
from provenance.tlog.policy import parse_policy
from provenance.witness.errors import WitnessError
from provenance.witness.services import watching


class Command(BaseCommand):
    help = "Watch a log: cosign its checkpoints from now on. Get its keys from its operator, not from its server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "vkeys", nargs="*", metavar="VKEY", help="verifier keys of the log, as create_log prints them"
        )
        parser.add_argument("--policy", type=Path, help="a tlog-policy file: the logs that it names are watched")
        parser.add_argument("--origin", help="the log's origin, where it is not the name of its keys")
        parser.add_argument("--stop", metavar="ORIGIN", help="cosign nothing more of this log")
        parser.add_argument(
            "--resume", metavar="ORIGIN", help="after a restore: go on from the later of the database and the fence"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["stop"]:
                self.stdout.write(f"{watching.stop(options['stop'])} is not watched any more.")
                return
            if options["resume"]:
                log = watching.resume(options["resume"])
                self.stdout.write(f"{log.origin}: going on from size {log.size or 0}.")
                return
            found = self.keys_by_origin(options)
            if not found:
                raise CommandError("Name the keys of a log, or --policy FILE, --stop ORIGIN or --resume ORIGIN.")
            for origin, keys in found.items():
                log = watching.watch(origin, keys)
                seen = "nothing cosigned yet" if log.size is None else f"cosigned up to size {log.size}"
                self.stdout.write(f"Watching {origin} with {len(log.keys)} keys: {seen}.")
        except (WitnessError, MalformedKey, MalformedPolicy) as error:
            raise CommandError(str(error)) from None

    def keys_by_origin(self, options: dict[str, Any]) -> dict[str, list[VerifierKey]]:
        found: dict[str, list[VerifierKey]] = defaultdict(list)
        for vkey in options["vkeys"]:
            key = parse_vkey(vkey)
            found[options["origin"] or key.name].append(key)
        if options["policy"]:
            try:
                text = options["policy"].read_bytes()
            except OSError as error:
                raise CommandError(f"{options['policy']} cannot be read: {error.strerror}.") from None
            for log in parse_policy(text).logs:
                found[log.key.name].append(log.key)
        return found
