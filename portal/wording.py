"""Messages of Django that the portal words in its own way: its catalogue comes before Django's own (LOCALE_PATHS)."""

from django.utils.translation import gettext_noop as _

OF_DJANGO = (_("This field is required."), _("Null characters are not allowed."))
