"""Asks for a page on nobody's behalf, to keep it: what is a query at the live site is a file's name in the copy."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True)
class Kept:
    """
    A page of the copy made on ``day``, in one language, at ``path``: ``/how/``, percent-encoded; empty where the same
    file stands at several.
    """

    day: date
    path: str
    language: str

    def address(self, address: str) -> str:
        """Where a page of this site stands in the copy, in the same language; other addresses as they are."""
        return f"{address.rstrip('/')}/{file_in(self.language)}" if address.startswith("/") else address

    def here_in(self, language: str) -> str:
        return self.path + file_in(language)


def file_in(language: str) -> str:
    return f"index.{language}.html"


class KeptRequest(HttpRequest):
    """The templates know by its ``kept`` that nobody will answer what the page might send."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept
        self.method = "GET"
        self.path = self.path_info = kept.path


def rendered(kept: Kept, template: str, context: dict[str, Any]) -> str:
    with translation.override(kept.language):
        return render_to_string(template, context, KeptRequest(kept))


LANGUAGES = tuple(code for code, _ in settings.LANGUAGES)
