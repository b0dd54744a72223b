"""What a resolver knows of one identifier: its links, by GS1 link type."""

from dataclasses import dataclass
from urllib.parse import urlsplit

VOCABULARY = "https://ref.gs1.org/voc/"
PREFIX = "gs1:"
DEFAULT = "defaultLink"

# One vocabulary, and the addresses it had over the years.
_NAMESPACES = tuple(
    f"{scheme}://{host}/voc/" for scheme in ("https", "http") for host in ("ref.gs1.org", "gs1.org", "www.gs1.org")
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    One link: ``type`` is the local name of a GS1 link type (``certificationInfo``), ``href`` an absolute address.

    An empty ``media_type`` or ``language`` says that the link is for everybody.
    """

    type: str
    href: str
    title: str
    media_type: str = ""
    language: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.href).netloc


@dataclass(frozen=True)
class Level:
    """An identifier as an absolute URI, what it names in words, its default link, and the others."""

    anchor: str
    description: str
    default: Target
    targets: tuple[Target, ...] = ()


def link_type(asked: str) -> str:
    """The local name of a link type written as ``gs1:pip`` or as a whole address; empty where it is none of GS1's."""
    for prefix in (PREFIX, *_NAMESPACES):
        if asked.startswith(prefix):
            return asked.removeprefix(prefix)
    return ""
