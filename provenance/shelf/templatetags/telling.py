"""How what a story says stands on a page, so that the phone can compare it with what was signed."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from provenance.shelf.story import words
from provenance.shelf.story.sentences import Named, Sentence, Signed, Words

register = template.Library()

# So many letters of a digest tell the phone which of the disclosed values is meant; it has the whole digests.
ENOUGH = 12


@register.filter
def shown(said: Words | None) -> str | SafeString:
    """Words, with the digest of each disclosed name and the signed form of each figure in them."""
    match said:
        case None:
            return ""
        case Sentence(message=message, parts=parts):
            return format_html(str(message), **{name: shown(part) for name, part in parts.items()})
        case Named(text=text, digest=str(digest)):
            return format_html('<span data-disclosed="{}">{}</span>', digest[:ENOUGH], text)
        case Signed(said=signed, text=text) if str(text) != signed:
            return format_html('<span data-said="{}">{}</span>', signed, text)
        case Signed(text=text):
            return format_html("<span data-said>{}</span>", text)
    return conditional_escape(str(said))


@register.filter
def joined(parts: tuple[Words, ...], between: str = ", ") -> SafeString:
    return format_html_join(between, "{}", ((shown(part),) for part in parts))


@register.filter
def as_sentence(said: Words) -> Words:
    """With a capital, where it begins with a word of ours; names begin as their owners write them."""
    match said:
        case Sentence(message=message, parts=parts):
            if begins := re.match(r"\{(\w+)\}", str(message)):
                return Sentence(message, {**parts, begins[1]: as_sentence(parts[begins[1]])})
            return Sentence(_capital(message), parts)
        case Named(text=text, digest=None):
            return Named(_capital(text))
        case Named() | Signed():
            return said
    return _capital(said)


def _capital(text: object) -> str:
    return str(text)[:1].upper() + str(text)[1:]


@register.filter
def day(at: date | datetime) -> str:
    return words.day(at)


@register.filter
def day_of_year(at: date | datetime) -> str:
    return words.day_of_year(at)


@register.filter
def moment(at: datetime) -> str:
    return words.moment(at)


@register.filter
def percent(permyriad: int) -> str:
    return words.percent(permyriad)


@register.filter
def listed(parts: Sequence[object]) -> str:
    return words.listed(parts)


@register.filter
def number(value: int) -> str:
    return words.number(value)
