"""Links as a linkset: RFC 9264 in JSON, after the schema of GS1-Conformant Resolver 1.2."""

from collections.abc import Iterable
from typing import Any

from provenance.shelf.resolver.links import DEFAULT, VOCABULARY, Level, Target

MEDIA_TYPE = "application/linkset+json"
CONTEXT = "https://ref.gs1.org/standards/resolver/1.2.0/linkset-context"


def linkset_of(levels: Iterable[Level]) -> dict[str, Any]:
    return {"linkset": [_context_object(level) for level in levels]}


def _context_object(level: Level) -> dict[str, Any]:
    said: dict[str, Any] = {"anchor": level.anchor, "itemDescription": level.description}
    for target in level.targets:
        said.setdefault(VOCABULARY + target.type, []).append(_target_object(target))
    # The default link bears no optional attribute; what it is stands with its descriptive type.
    said[VOCABULARY + DEFAULT] = [{"href": level.default.href, "title": level.default.title}]
    return said


def _target_object(target: Target) -> dict[str, Any]:
    said: dict[str, Any] = {"href": target.href, "title": target.title}
    if target.media_type:
        said["type"] = target.media_type
    if target.language:
        said["hreflang"] = [target.language]
    return said
