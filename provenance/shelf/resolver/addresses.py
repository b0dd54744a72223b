"""
The addresses of what a code names.

A Digital Link is the name of a thing, and the page about it has an address of its own, ``/page`` and the same path:
whoever asks the name is led there. A token has no name in a standard, so there the page is at the link itself.
Only ``PUBLIC_URL`` and stored links are ever led to, never the host that a request claims to be at.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, urlsplit

from django.conf import settings

from provenance.coffee.identifiers import DigitalLink


def path_of(link: DigitalLink) -> str:
    """``/01/…[/22/…][/10/…][/21/…]``, in the one way in which it is written."""
    qualifiers = (("22", link.variant), ("10", link.lot), ("21", link.serial), ("235", link.other_serial))
    return f"/01/{link.gtin}" + "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in qualifiers if value)


def anchor_of(link: DigitalLink) -> str:
    return settings.PUBLIC_URL + path_of(link)


def page_path_of(link: DigitalLink) -> str:
    return f"/page{path_of(link)}"


def upwards(link: DigitalLink) -> Iterator[DigitalLink]:
    """The link itself, and what it is one of: the bag, its lot, its variant, the product."""
    yield link
    for name in ("other_serial", "serial", "lot", "variant"):
        if getattr(link, name):
            link = replace(link, **{name: None})
            yield link


def with_query(href: str, query: str) -> str:
    """The address with further key=value pairs in its query, as they came."""
    if not query:
        return href
    parts = urlsplit(href)
    return parts._replace(query=f"{parts.query}&{query}" if parts.query else query).geturl()
