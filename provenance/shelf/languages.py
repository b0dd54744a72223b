"""
In which language a shopper reads: the address's (``?lang=de``), else what the browser prefers, else English.

There is no cookie and no session, so the choice travels in the addresses of the pages. Only views of the shelf are
wrapped: growers, members and auditors read English, whatever their browsers prefer.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

CHOICE = "lang"

View = Callable[..., HttpResponse]


def in_readers_language(view: View) -> View:
    """The view's answer in the language of whoever asks. Caches are told that it depends on what browsers prefer."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        language = chosen(request) or preferred(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept-Language"])
        response["Content-Language"] = language
        return response

    return answer


def chosen(request: HttpRequest) -> str:
    """The language that the address asks for; empty where it asks for none, or for one that is not spoken here."""
    asked = request.GET.get(CHOICE, "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def preferred(request: HttpRequest) -> str:
    """Of the languages spoken here the one that the browser likes best: "de" for whoever likes "de-AT"."""
    for tag, _ in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        try:
            return translation.get_supported_language_variant(tag)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def keeping_language(request: HttpRequest, address: str) -> str:
    """An address with the reader's choice, if he made one and the address is of this site."""
    if kept := getattr(request, "kept", None):
        return str(kept.address(address))
    language = chosen(request)
    if not language or not address.startswith(("/", "?", f"{settings.PUBLIC_URL}/")):
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({CHOICE: language})}"


def switches(request: HttpRequest) -> Iterator[tuple[str, str, str]]:
    """Each language that is spoken here: its code, its own name, and where this page stands in it."""
    kept = getattr(request, "kept", None)
    for code, name in settings.LANGUAGES:
        if kept:
            yield code, name, kept.here_in(code)
            continue
        query = request.GET.copy()
        query[CHOICE] = code
        yield code, name, f"?{query.urlencode()}"
