"""How names and figures of the trail stand on a page, so that the phone can compare them with what was signed."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from provenance.shelf.story.values import Fact, Named, Weight

register = template.Library()


@register.filter
def shown(name: Named | None) -> str | SafeString:
    """A name; a disclosed one carries the digest that was signed."""
    if name is None:
        return ""
    return _marked("disclosed", name.digest, name.text)


@register.filter
def fact_text(fact: Fact) -> str | SafeString:
    """What is said; words of ours (a unit) stand after it."""
    if fact.digest:
        return _marked("disclosed", fact.digest, fact.text)
    return _said(fact.said, fact.text)


@register.filter
def figure(weight: Weight) -> str | SafeString:
    return _said(weight.said, weight.text)


@register.filter
def lot_name(weight: Weight) -> SafeString:
    return format_html('<code data-said="{}">{}</code>', weight.lot_uri, weight.lot)


def _said(said: str | None, text: str) -> str | SafeString:
    """The part of the text that stands so in the signed bytes is marked: the phone looks for it there."""
    if said is None or not text.startswith(said):
        return text
    return format_html("<span data-said>{}</span>{}", said, text.removeprefix(said))


def _marked(kind: str, value: str | None, text: str) -> str | SafeString:
    return format_html('<span data-{}="{}">{}</span>', kind, value, text) if value else text
