"""What templates need beside Django's own tags."""

from django import template

from portal.languages import in_words

register = template.Library()
register.filter("in_words", in_words)
