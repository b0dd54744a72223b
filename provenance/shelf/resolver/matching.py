"""Which of several links a request gets: link type first, then the reader's language, then the media type."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from provenance.shelf.resolver import linkset
from provenance.shelf.resolver.links import DEFAULT, Level, Target

PAGE = "text/html"

# A link for everybody fits less than one in a language that was asked for, and better than one in another.
FOR_EVERYBODY = 0.001


def wants_page(request: HttpRequest) -> bool:
    """Whether the request names HTML itself, as browsers do; "anything" (``*/*``) does not."""
    return _asked(request).get(PAGE, 0) > 0


def wants_linkset(request: HttpRequest) -> bool:
    asked = _asked(request)
    return asked.get(linkset.MEDIA_TYPE, 0) > asked.get(PAGE, 0)


def links_of_type(levels: Sequence[Level], name: str) -> tuple[Target, ...]:
    """The links of a type at the most granular level that has any: from the bag up to the product."""
    for level in levels:
        found = (level.default,) if name == DEFAULT else tuple(one for one in level.targets if one.type == name)
        if found:
            return found
    return ()


def best(request: HttpRequest, targets: Sequence[Target]) -> list[Target]:
    """Those that fit the request best: several where it does not say enough to tell them apart."""
    languages = dict(parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    media_types = _asked(request)
    fits = [(_language_fit(languages, one.language), _media_fit(media_types, one.media_type)) for one in targets]
    return [target for target, fit in zip(targets, fits, strict=True) if fit == max(fits)]


def _asked(request: HttpRequest) -> dict[str, float]:
    return {f"{one.main_type}/{one.sub_type}": one.quality for one in request.accepted_types}


def _language_fit(asked: dict[str, float], said: str) -> float:
    if not said:
        return FOR_EVERYBODY
    said = said.lower()
    # "de-AT" is content with "de" (RFC 4647, lookup), and "de" with "de-AT" (filtering).
    return max((quality for tag, quality in asked.items() if _is_part(tag, said) or _is_part(said, tag)), default=0)


def _is_part(whole: str, part: str) -> bool:
    return whole == part or whole.startswith(f"{part}-")


def _media_fit(asked: dict[str, float], said: str) -> float:
    if not said:
        return FOR_EVERYBODY
    return asked.get(said, asked.get(f"{said.partition('/')[0]}/*", 0))
