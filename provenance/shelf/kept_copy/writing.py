"""What a kept copy holds: pages, bundles, packs, proofs, pictures, the log's tiles, and what they need to be read."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils import translation

from provenance.bags.models import Bag
from provenance.bags.services.issuing import find_product
from provenance.coffee.identifiers import GS1_DOMAIN, digital_link
from provenance.shelf.kept_copy.asking import LANGUAGES, Kept, file_in, rendered
from provenance.shelf.kept_copy.files import own_files
from provenance.shelf.kept_copy.folder import Folder, Unkeepable
from provenance.shelf.proving.bundle import bundle_of
from provenance.shelf.reading import Page, page_of
from provenance.shelf.showing import shown
from provenance.shelf.story.earning import yields
from provenance.tlog.checkpoint import Checkpoint as Signed
from provenance.tlog.note import parse_note
from provenance.tlog.proven import ProvenLog
from provenance.tlog.tiles import partial_tiles
from provenance.trail.models import Event, Log, Lot, pk_of
from provenance.trail.services.attaching.showing import public_picture
from provenance.trail.services.exporting import Directory, export_to, prefix_of
from provenance.trail.services.exporting.writing import database_reader
from provenance.trail.services.proofs import NotPublished, tlog_proof
from provenance.trail.services.queries import latest_checkpoint

NO_PAGE = "404.html"
# Where links stop being pages: what else a page leads to, by its address.
PROOF = re.compile(r'"/(api/events/([0-9a-f-]{36})/proof)"')
PICTURE = re.compile(r'"/(picture/([0-9a-f]{64})\.webp)"')
TRIES = 5

Pack = Callable[[str], Iterable[bytes] | None]
Tell = Callable[[str], None]


@dataclass
class Written:
    """``waiting``: lots of which the log has not yet shown that nothing is left out; ``left_out``: sentences."""

    lots: int = 0
    bags: int = 0
    unopened: int = 0
    waiting: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A lot's page in each language, and the bundle that proves just this."""

    lot_uri: str
    pages: dict[str, Page]
    bundle: dict[str, Any]


class Copy:
    """
    Writes a copy of ``day`` into the folder. ``pack``: a lot's pack, or None while the log has nothing of it; ``bags``:
    whether each bag's code gets a page, which tells all codes to whoever may list the folder.
    """

    def __init__(self, folder: Folder, day: date, *, pack: Pack, bags: bool, tell: Tell) -> None:
        self.folder, self.day, self.pack, self.bags, self.tell = folder, day, pack, bags, tell
        self.written = Written()
        self._checkpoints: set[tuple[str, int, bytes]] = set()

    def write(self) -> Written:
        """Raises ``NothingToKeep``, ``Restless`` and, for the log, what ``export_to`` raises."""
        lots = packed_lots()
        if not lots:
            raise NothingToKeep("No coffee was packed into bags here, so no code leads anywhere. Is it this database?")
        for path, data in own_files():
            self.folder.write(path, [data])
        for path, template in (("/", "front"), ("/404/", "no_page")):
            self._page(path, f"shelf/kept/{template}.html", partial(_always, {}))
        self.folder.name_again("404/index.html", NO_PAGE)
        self._page("/how/", "shelf/how.html", lambda _: {"yields": yields()})
        self._page("/verify/", "shelf/verify.html", partial(_always, {}))
        products: dict[str, list[tuple[str, str]]] = {}
        for number, lot_uri in enumerate(lots, start=1):
            self._lot(lot_uri, products)
            self.tell(f"lot {number} of {len(lots)}, {self.written.bags} bags so far")
        for gtin, found in products.items():
            context = {"gtin": gtin, "product": find_product(gtin), "lots": found}
            self._page(f"/01/{gtin}/", "shelf/kept/ask_for_lot.html", partial(_always, context))
        self._log()
        self._close_folders()
        return self.written

    # --- pages ---

    def _page(self, path: str, template: str, context: Callable[[str], dict[str, Any]]) -> str:
        """In each language, and under the bare address in the first; returns that one's HTML. Raises ``Unkeepable``."""
        place = unquote(path).strip("/")
        within = f"{place}/" if place else ""
        pages = {}
        for language in LANGUAGES:
            html = rendered(Kept(self.day, path, language), template, context(language))
            self.folder.write(within + file_in(language), [html.encode()])
            pages[language] = html
        self.folder.name_again(within + file_in(LANGUAGES[0]), f"{within}index.html")
        return pages[LANGUAGES[0]]

    def _lot(self, lot_uri: str, products: dict[str, list[tuple[str, str]]]) -> None:
        told = told_of(lot_uri)
        if told is None:
            self.written.left_out.append(f"Nobody has recorded the lot {lot_uri}: its codes have no page.")
            return
        if not told.bundle["index"] or any(each["index"] is None for each in told.bundle["statements"]):
            self.written.waiting.append(lot_uri)
        path = urlsplit(lot_uri).path
        try:
            html = self._lot_page(told, f"{path}/")
        except Unkeepable:
            self.written.left_out.append(f"No file can have the address of the lot {lot_uri}: its codes have no page.")
            return
        self.written.lots += 1
        self._proofs(told, html)
        page = next(iter(told.pages.values()))
        for gtin in sorted({*Bag.objects.filter(lot_uri=lot_uri).exclude(gtin="").values_list("gtin", flat=True)}):
            products.setdefault(gtin, []).append(
                (page.story.lot_code, urlsplit(digital_link(GS1_DOMAIN, gtin, page.story.lot_code)).path)
            )
        if self.bags:
            self._bags(told)

    def _lot_page(self, told: Told, path: str) -> str:
        return self._page(path, "shelf/lot.html", lambda language: self._context(told, language))

    def _context(self, told: Told, language: str, bag: Bag | None = None) -> dict[str, Any]:
        return {**shown(told.pages[language], bag), "pack_url": f"/pack/{pk_of(told.lot_uri)}.zip"}

    # --- bags ---

    def _bags(self, told: Told) -> None:
        """Bags of which there is the same to say share their files: one more bag costs names, and no bytes."""
        first: dict[tuple[object, ...], str] = {}
        bags = Bag.objects.filter(lot_uri=told.lot_uri).select_related("product").order_by("position")
        for bag in bags.iterator(chunk_size=500):
            context = shown(told.pages[LANGUAGES[0]], bag)
            said = (bag.product_id, context["bag_is_of_lot"], context["often"])
            for place in _places(bag):
                if said in first:
                    self._name_page_again(first[said], place)
                else:
                    self._bag_page(told, bag, place)
                    first[said] = place
            self.written.bags += 1
            self.written.unopened += bag.opens == 0

    def _bag_page(self, told: Told, bag: Bag, place: str) -> None:
        for language in LANGUAGES:
            html = rendered(Kept(self.day, "", language), "shelf/lot.html", self._context(told, language, bag))
            self.folder.write(f"{place}/{file_in(language)}", [html.encode()])
        self.folder.name_again(f"{place}/{file_in(LANGUAGES[0])}", f"{place}/index.html")

    def _name_page_again(self, place: str, other: str) -> None:
        for name in (*map(file_in, LANGUAGES), "index.html"):
            self.folder.name_again(f"{place}/{name}", f"{other}/{name}")

    # --- proofs ---

    def _proofs(self, told: Told, html: str) -> None:
        key = pk_of(told.lot_uri)
        self.folder.write(f"bundle/{key}.json", [json.dumps(told.bundle, separators=(",", ":")).encode()])
        for note in [*told.bundle["retired"], *filter(None, [told.bundle["checkpoint"]])]:
            signed = Signed.parse(parse_note(note.encode()).text)
            self._checkpoints.add((signed.origin, signed.size, signed.root))
        if (pack := self.pack(told.lot_uri)) is not None:
            self.folder.write(f"pack/{key}.zip", pack)
        for path, uuid in set(PROOF.findall(html)):
            self._once(path, partial(_proof, uuid))
        for path, digest in set(PICTURE.findall(html)):
            self._once(path, partial(_picture, digest))

    def _once(self, path: str, data: Callable[[], bytes | None]) -> None:
        """What several pages lead to."""
        if not self.folder.has(path) and (found := data()) is not None:
            self.folder.write(path, [found])

    def _log(self) -> None:
        """Tiles, from which a phone computes that the log only grew since it saw a checkpoint of the live site."""
        self.folder.take_over("log")
        for log in Log.objects.order_by("pk"):
            if latest_checkpoint(log) is None:
                continue
            export_to(self.folder.home, log)
            place = Directory(self.folder.home, prefix_of(log))
            for origin, size, root in sorted(self._checkpoints):
                if origin == log.origin:
                    # A bundle's checkpoint may be older than the newest, and end in other partial tiles.
                    proven = ProvenLog(Signed(origin, size, root), database_reader(log))
                    for tile in partial_tiles(size):
                        place.add(tile.path, proven.tile(tile.level or 0, tile.index))
        for aside in self.folder.home.glob(".log-*"):
            aside.unlink()

    def _close_folders(self) -> None:
        """
        A folder without an index is listed by many servers, and the names of these folders are the bags' codes. Those
        of the log's tiles are no secret.
        """
        for place, folders, names in os.walk(self.folder.home):
            if place == str(self.folder.home):
                folders.remove("log")
            if "index.html" not in names:
                self.folder.name_again(NO_PAGE, f"{Path(place).relative_to(self.folder.home).as_posix()}/index.html")


def _places(bag: Bag) -> Iterator[str]:
    """Of its Digital Link, where it has one, and of its token: nobody knows any more which of them was printed."""
    if bag.gtin:
        yield unquote(urlsplit(digital_link(GS1_DOMAIN, bag.gtin, bag.lot_code, bag.serial)).path).strip("/")
    yield f"t/{bag.token}"


def packed_lots() -> list[str]:
    """URIs of all lots in bags, those first whose codes are kept here."""
    known = dict.fromkeys(Bag.objects.order_by("lot_uri").values_list("lot_uri", flat=True).distinct())
    packed = Lot.objects.filter(count__isnull=False).order_by("uri").values_list("uri", flat=True)
    return [*known, *(uri for uri in packed if uri not in known)]


def told_of(lot_uri: str) -> Told | None:
    """Pages and bundle of one moment: something may be recorded while they are read."""
    bundle = bundle_of(lot_uri)
    for _ in range(TRIES):
        if bundle is None:
            return None
        pages = dict(_in_each_language(lot_uri))
        before, bundle = bundle, bundle_of(lot_uri)
        if before == bundle and len(pages) == len(LANGUAGES):
            return Told(lot_uri, pages, before)
    raise Restless(f"The lot {lot_uri} is being recorded all the time. Run it again when less is going on.")


class NothingToKeep(Exception):
    """No code was ever issued; what an earlier run kept must not be replaced by nothing."""


class Restless(Exception):
    """What was to be copied changed faster than it could be read."""


def _in_each_language(lot_uri: str) -> Iterator[tuple[str, Page]]:
    for language in LANGUAGES:
        with translation.override(language):
            page = page_of(lot_uri)
        if page is not None:
            yield language, page


def _always(context: dict[str, Any], language: str) -> dict[str, Any]:
    return context


def _proof(uuid: str) -> bytes | None:
    try:
        return tlog_proof(Event.objects.select_related("leaf__log").get(uuid=uuid))
    except NotPublished:
        return None


def _picture(digest: str) -> bytes | None:
    found = public_picture(digest)
    return found[0] if found else None
