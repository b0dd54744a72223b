"""``manage.py import_lots FILE``: the same import as on the admin's pages, from the command line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from provenance.coffee.errors import CoffeeError
from provenance.trail.models import Party, Site
from shipments.imports import downloads, files, mapping
from shipments.imports.models import ImportFile
from shipments.imports.rows import Judged, Outcome


class Command(BaseCommand):
    help = (
        "Import a spreadsheet of graded green lots (CSV or XLSX): each row becomes signed statements of the importer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--party", default="", help="URI of the importing party; the only importer where left out")
        parser.add_argument(
            "--site", default="", help="URI of the place the lots lie at; the party's first where left out"
        )
        parser.add_argument("--encoding", default="", help="instead of the guess: utf-8, windows-1252 ...")
        parser.add_argument("--country", default="", help="ISO code for all rows, where no column names the country")
        parser.add_argument(
            "--column", action="append", default=[], metavar="KIND=HEADER", help="instead of the guess; KIND= for none"
        )
        parser.add_argument(
            "--corrects", default="", metavar="SHA256", help="the earlier file whose rows this one says anew"
        )
        parser.add_argument("--preview", action="store_true", help="show what would come of the rows; write nothing")
        parser.add_argument("--report", type=Path, help="write all rows with their outcome to this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run_import(options)
        except CoffeeError as error:
            raise CommandError(str(error)) from None

    def run_import(self, options: dict[str, Any]) -> None:
        party = options["party"] or only_importer()
        file = files.take_in(
            party=party,
            site=options["site"] or first_site(party),
            name=options["file"].name,
            content=content_of(options["file"]),
            encoding=options["encoding"],
            corrects=earlier(party, options["corrects"]),
        )
        if file.state == ImportFile.State.DONE:
            self.stdout.write("This file is imported already; nothing was added.")
        else:
            self.import_file(file, options)
        if not options["preview"]:
            self.tell(files.counts_of(file), file)
            if options["report"]:
                options["report"].write_text("".join(downloads.report(file)), encoding="utf-8-sig", newline="")

    def import_file(self, file: ImportFile, options: dict[str, Any]) -> None:
        if file.state == ImportFile.State.WAITING and (options["column"] or options["country"]):
            files.say_columns(file, said_columns(file, options["column"]), options["country"])
        columns = files.columns_of(file)
        self.stdout.write(f"{file.name}: {file.how}\nSHA-256 {file.sha256}")
        for kind in columns.columns:
            self.stdout.write(f"  {mapping.KINDS[kind][0]:<32} {columns.title(kind)}")
        if options["preview"]:
            self.tell_preview(*files.preview(file))
            return
        files.import_all(file, lambda done: self.stdout.write(f"  {done} rows done"))

    def tell_preview(self, judged: list[Judged], total: int) -> None:
        counted = {outcome.value: sum(each.outcome is outcome for each in judged) for outcome in Outcome}
        self.stdout.write(f"Of the first {len(judged)} of {total} rows; {files.told(counted)} Nothing was written.")

    def tell(self, counts: dict[str, int], file: ImportFile) -> None:
        self.stdout.write(files.told(counts))
        findings = list(file.rows.values_list("findings", flat=True))
        for under, title in (("reasons", "Rejected"), ("warnings", "Warnings")):
            for code, times in files.codes_of(findings, under).items():
                self.stdout.write(f"  {title}: {code} × {times}")


def content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None


def only_importer() -> str:
    importers = [party.uri for party in Party.objects.order_by("event") if "importer" in party.roles]
    if len(importers) != 1:
        known = "".join(f"\n  {uri}" for uri in importers) or " none is registered."
        raise CommandError(f"Say with --party who imports:{known}")
    return importers[0]


def first_site(party: str) -> str:
    site = Site.objects.filter(party__uri=party).order_by("event").values_list("uri", flat=True).first()
    if site is None:
        raise CommandError("This party has no registered place: the lots have to lie somewhere.")
    return site


def earlier(party: str, sha256: str) -> ImportFile | None:
    if not sha256:
        return None
    found = ImportFile.objects.filter(party=party, sha256__startswith=sha256.lower())
    if len(found) != 1:
        raise CommandError("--corrects names no single earlier import of this party.")
    return found[0]


def said_columns(file: ImportFile, said: list[str]) -> dict[str, int]:
    """The guess, with what ``--column`` says instead."""
    columns = dict(file.mapping)
    for each in said:
        kind, _, title = each.partition("=")
        if kind not in mapping.KINDS:
            raise CommandError(f"{kind!r} is no kind of column: {', '.join(mapping.KINDS)}.")
        columns.pop(kind, None)
        if title:
            if title not in file.header:
                raise CommandError(f"There is no column {title!r}.")
            columns[kind] = file.header.index(title)
    return columns
