"""The admin site, and what its front page asks first: what needs me?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from django.template.response import TemplateResponse

from provenance.members.forms import LimitedLogIn
from provenance.trail.services import alarms


@dataclass(frozen=True)
class Need:
    """One line of the front page: "3 deliveries wait for your receipt", and where to go."""

    text: str
    url: str
    count: int = 1
    urgent: bool = False


Question = Callable[[HttpRequest], Iterable[Need]]
_questions: list[Question] = []


def asks(question: Question) -> Question:
    """Register a callable that says what the person of a request has to see to. Apps do it in their ``admin.py``."""
    if question not in _questions:
        _questions.append(question)
    return question


def needs_of(request: HttpRequest) -> list[Need]:
    """Everything that waits for this person, urgent first, in the order the questions were registered."""
    found = [need for question in _questions for need in question(request)]
    return sorted(found, key=lambda need: not need.urgent)


def is_plain_filter(lookup: str, value: str) -> bool:
    """
    For ``lookup_allowed``: whether a list may be narrowed by this part of its address.

    Only by the filters of the page: a regular expression of one's own could keep the server busy for hours. Raises
    IncorrectLookupParameters, which leads back to the whole list, for what PostgreSQL would answer with an error.
    """
    if "\0" in value:
        raise IncorrectLookupParameters
    return "__" not in lookup.removesuffix("__exact")


class AdminLogInForm(LimitedLogIn, AdminAuthenticationForm):
    """The admin's own log-in page bears no more guesses than the other."""


class BeantrailAdminSite(AdminSite):
    login_form = AdminLogInForm
    site_title = "Beantrail"
    site_header = "Beantrail"
    index_title = "What needs me?"
    index_template = "admin/front.html"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With what everybody who works here must see on every page: a log that has been stopped."""
        context = super().each_context(request)
        return {**context, "alarms": alarms.standing() if context["has_permission"] else []}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**(extra_context or {}), "needs": needs_of(request)})
