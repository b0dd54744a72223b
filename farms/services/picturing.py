"""A grower shows the farm, a plot, a harvest, or himself."""

from dataclasses import dataclass, replace
from datetime import datetime

from farms import words
from farms.services.business import Business
from farms.services.plans import Plan, draft
from provenance.coffee.acts import AttachDocument
from provenance.trail.models import Lot
from provenance.trail.services.attaching.taking import Taken

MOST_HARVESTS = 12


@dataclass(frozen=True)
class Motif:
    """What a picture can be of. ``shows``: a word of ``coffee.photos.SHOWS``; ``lot``: where it is about a harvest."""

    key: str
    label: str
    shows: str
    site: str
    lot: str = ""


def motifs_of(business: Business) -> list[Motif]:
    """The grower's farms with their plots, the last harvests, and the grower."""
    found = []
    for farm in business.farms:
        found.append(Motif(f"farm {farm.uri}", f"The farm {farm.name}", "farm", farm.uri))
        found += [Motif(f"plot {plot.uri}", f"The plot {plot.name}", "plot", farm.uri) for plot in farm.plots]
    if not found:
        return []
    begun = Lot.objects.filter(opened_by=business.party, origin=True).order_by("-made_by")[:MOST_HARVESTS]
    home = business.farms[0].uri
    found += [
        Motif(f"harvest {lot.uri}", f"The harvest {lot.code}, {words.form(lot.form)}", "harvest", home, lot.uri)
        for lot in begun
    ]
    return [*found, Motif("portrait", "Yourself", "portrait", home)]


def show_picture(
    *, business: Business, motif: Motif, picture: Taken, caption: str, at: datetime, audience: str
) -> Plan:
    """``audience`` may see the picture and read what is written under it; neither stands in what is signed."""
    act = AttachDocument(
        at=at, site=motif.site, lots=(motif.lot,) if motif.lot else (), kind="photo", media_type="image/webp"
    )
    photo = picture.photo(shows=motif.shows, caption=caption)
    return Plan(business.party, (replace(draft(act, audience, {"photo": photo.text}), files=picture.files),)).check()
