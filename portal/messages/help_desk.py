"""The help desk in a mail: one line, where there is one (CARDLOGIN_HELP_PHONE, CARDLOGIN_HELP_MAIL)."""

from django.conf import settings
from django.utils.translation import gettext


def help_desk_line() -> str:
    """Telephone and mail address of the help desk in the language in use; an empty text without a help desk."""
    ways = [way for way in (settings.CARDLOGIN_HELP_PHONE, settings.CARDLOGIN_HELP_MAIL) if way]
    return gettext("Help desk: %(ways)s") % {"ways": ", ".join(ways)} if ways else ""
