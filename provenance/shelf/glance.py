"""The page of a lot in one line, as a badge and the print page of its labels say it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.bags.services.glancing import Glance
from provenance.shelf.reading import page_of
from provenance.shelf.story import Story, words


def glance(lot_uri: str) -> Glance | None:
    """None where the trail says nothing of the lot. As many queries as the page."""
    page = page_of(lot_uri)
    if page is None:
        return None
    story = page.story
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
