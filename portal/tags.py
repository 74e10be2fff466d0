"""What templates need beside Django's own tags."""

from django import template
from django.utils.html import format_html

from portal.cards import confirmer
from portal.languages import in_words
from portal.support.manual import manual

register = template.Library()
register.filter("in_words", in_words)
# Whether a card that is not linked can be the holder's all the same: pages promise it only then.
register.simple_tag(confirmer.is_configured, name="has_confirmer")


@register.filter
def in_manual(code: str) -> bool:
    """Whether the failure manual tells more of a code."""
    return code in manual().codes


@register.filter
def isolated(name: str) -> str:
    """A person's text for a sentence of ours: letters that run from right to left turn only themselves around."""
    return format_html("<bdi>{}</bdi>", name)
