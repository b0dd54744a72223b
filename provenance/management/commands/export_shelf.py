import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from provenance.audit.services.packing import NothingPublished, pack_of
from provenance.audit.services.readers import Reader
from provenance.shelf.kept_copy.folder import FolderRefused, replacing
from provenance.shelf.kept_copy.writing import Copy, NothingToKeep, Restless, Written
from provenance.tlog.errors import TlogError
from provenance.trail.errors import LogFrozen
from provenance.trail.services.exporting import ExportFailed

ABOUT = """\
Write the page of every issued code, with its proofs, as files below DIR: the kept copy. Any web server that serves DIR
under the host of the printed codes then answers for this site, and phones go on checking.

The folder tells every code: each bag's page lies in a folder named after its serial number or token, also of bags that
nobody has opened yet. Whoever can list or copy the files can print labels with codes that were really issued. Folders
are closed to listing by web servers; keep the files themselves as you keep a backup until they are needed, and give
them to nobody whom you would not give the bags' labels. With --without-bags no such code is written: a bag's code then
opens the page of its lot, where the host shows 404.html for what it does not find, and nothing tells made-up codes.
"""

READ_ME = """\
A kept copy of {url}, made on {day} by manage.py export_shelf.

Serve this folder as / under that host name, and the printed codes open as before. Each page says of which day it is.
{codes}
"""
WITH_CODES = "Its folders are named after the codes of bags: let no web server list them, and hand none on in bulk."
WITHOUT_CODES = "The codes of single bags are not in it: have the web server show 404.html for what it does not find."


class Command(BaseCommand):
    help = ABOUT

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="empty, not there yet, or a copy made before")
        parser.add_argument("--without-bags", action="store_true", help="no page for the code of a single bag")

    def handle(self, *args: Any, folder: Path, without_bags: bool, **options: Any) -> None:
        day = timezone.now().date()
        codes = WITHOUT_CODES if without_bags else WITH_CODES
        try:
            with replacing(folder, READ_ME.format(url=settings.PUBLIC_URL, day=day, codes=codes)) as new:
                written = Copy(new, day, pack=public_pack, bags=not without_bags, tell=self._progress).write()
                files, size = new.size()
        except (FolderRefused, ExportFailed, LogFrozen, TlogError, NothingToKeep, Restless) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{folder} does not take the files: {error}. What stood there stands.") from None
        self._report(folder, day, written, f"{files} files, {size / 1e6:.1f} MB, {new.changed} of them changed")

    def _progress(self, words: str) -> None:
        if sys.stdout.isatty():
            self.stdout.write(words)

    def _report(self, folder: Path, day: date, written: Written, size: str) -> None:
        self.stdout.write(f"{folder} is the kept copy of {day}: {written.lots} lots, {written.bags} bags; {size}.")
        if written.bags:
            self.stdout.write(
                f"Its folders are named after {written.bags} codes of bags, {written.unopened} of which nobody has "
                "opened yet. Whoever can list or copy them can print real codes: keep them like a backup."
            )
        if written.waiting:
            self.stderr.write(
                f"Of {len(written.waiting)} lots the log has not shown yet that nothing is left out, so phones cannot "
                f"check them. Run it again in a minute, while manage.py keep runs. The first: {written.waiting[0]}"
            )
        for sentence in written.left_out:
            self.stderr.write(sentence)


def public_pack(lot_uri: str) -> Iterable[bytes] | None:
    """What everybody may have of the lot, dated by its checkpoint; None while the log has nothing of it."""
    try:
        pack = pack_of([lot_uri], Reader(parties=(), everything=False))
    except NothingPublished:
        return None
    return pack.stream(created=datetime.fromtimestamp(pack.checkpoint.signed_at, UTC))
