"""What a page needs so that its phone can check it."""

from django import template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from provenance.shelf.proving.script import check_script
from provenance.shelf.proving.words import told

register = template.Library()


@register.simple_tag
def check_scripts() -> SafeString:
    """The script of the check, and the words that it says."""
    script = format_html('<script type="module" src="/{}"></script>', check_script().path)
    return format_html("{}\n{}", script, json_script(told(), "check-words"))
