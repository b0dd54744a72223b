"""What a page needs so that its phone can check it."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString

from provenance.shelf.proving.words import told

register = template.Library()

# What page.js imports, all told: named here so that they are fetched at once, not one after another.
MODULES = (
    "verify",
    "bytes",
    "complete",
    "ed25519",
    "form",
    "law",
    "log",
    "quorum",
    "shown",
    "standing",
    "statement",
)


@register.simple_tag
def check_scripts() -> SafeString:
    """The scripts of the check, and the words that they say."""
    early = format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', ((static(f"shelf/{name}.js"),) for name in MODULES)
    )
    start = format_html('<script type="module" src="{}"></script>', static("shelf/page.js"))
    return format_html("{}\n{}\n{}", early, start, json_script(told(), "check-words"))
