"""The page of a lot in brief: as a badge and the print page of its labels say it, and what its links lead to."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from provenance.bags.services.glancing import Glance
from provenance.shelf.keeping.memory import Memory, Told
from provenance.shelf.reading import page_of
from provenance.shelf.story import Story, words
from provenance.trail.models import Event

MOST_BYTES = 8 * 1024 * 1024
WORDS = 1_000  # bytes of a gist, about


@dataclass(frozen=True)
class Gist:
    """``certified``: whether it holds any certificate today."""

    glance: Glance
    certified: bool
    recalled: bool


kept: Memory[Gist | None] = Memory(MOST_BYTES)


def glance(lot_uri: str) -> Glance | None:
    """None where the trail says nothing of the lot. Two queries where it was told before."""
    gist = gist_of(lot_uri)
    return gist.glance if gist else None


def gist_of(lot_uri: str) -> Gist | None:
    """``glance`` and more. Certificates begin and end at midnight (UTC), so it is told anew each day."""
    return kept.take((lot_uri, get_language(), timezone.now().date()), lambda: _told(lot_uri))


def _told(lot_uri: str) -> Told[Gist | None]:
    page = page_of(lot_uri, to_keep=True)
    if page is None:
        return Told(None)
    gist = Gist(_glance(page.story), bool(page.story.certificates), bool(page.story.recalls))
    if page.grounds is None or page.waits or page.reading.faults:
        return Told(gist)
    grounds, last = page.grounds.with_values(page.digests), list(page.events.values())[-1].uuid
    # Counts alone may be the same in a database that was restored while this process ran.
    return Told(gist, WORDS + grounds.size, lambda: Event.objects.filter(uuid=last).exists() and grounds.stand)


def _glance(story: Story) -> Glance:
    flags = tuple(_flags(story))
    if story.recalls:
        return Glance("recalled", "!", flags[0], flags[1:])
    return Glance(story.verdict.code, story.verdict.mark, str(story.verdict.words), flags)


def _flags(story: Story) -> Iterator[str]:
    if story.recalls:
        yield _("Recalled: do not drink this coffee.")
        yield str(story.verdict.words)
    yield from map(str, story.remarks)
    unknown = sum(source.permyriad for source in story.sources if source.name is None)
    if unknown:
        yield _("Nobody says where {share} of it come from.").format(share=words.percent(unknown))
    if story.waiting:
        message = ngettext(
            "{number} of its statements has no place in the log yet.",
            "{number} of its statements have no place in the log yet.",
            story.waiting,
        )
        yield message.format(number=words.number(story.waiting))
