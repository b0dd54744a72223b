"""Links between pages that keep the language in which somebody chose to read."""

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from provenance.shelf.languages import CHOICE, chosen, keeping_language, switches

register = template.Library()


@register.simple_tag(takes_context=True)
def page_url(context: Context, name: str, *args: object) -> str:
    """Like ``url``, for the pages of the shelf."""
    return in_language(context, reverse(name, args=args))


@register.simple_tag(takes_context=True)
def in_language(context: Context, address: str) -> str:
    request: HttpRequest | None = context.get("request")
    return keeping_language(request, address) if request else address


@register.simple_tag(takes_context=True)
def language_field(context: Context) -> str | SafeString:
    """The choice in a form that asks by GET, which drops the query of its own address."""
    language = chosen(context["request"])
    return format_html('<input type="hidden" name="{}" value="{}">', CHOICE, language) if language else ""


@register.simple_tag(takes_context=True)
def languages(context: Context) -> list[tuple[str, str, str]]:
    """Code, own name and address of each language; none where there is no request to answer."""
    request: HttpRequest | None = context.get("request")
    return list(switches(request)) if request else []
