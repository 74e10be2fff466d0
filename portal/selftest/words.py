"""What the script of the page says, in the language in use."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def words() -> dict[str, str]:
    """Each text by its name in the script; what stands in braces is filled there."""
    return {
        "ok": pgettext("sign of a check", "all right"),
        "warn": pgettext("sign of a check", "note"),
        "fail": pgettext("sign of a check", "fault"),
        "skip": pgettext("sign of a check", "not checked"),
        "wait": pgettext("sign of a check", "waiting"),
        "progress": _("Checking: {n} / {m}"),
        "looking": _(
            "Checking: {n} / {m}. Looking for the component on this computer; this may take up to 20 seconds."
        ),
        "faults": _("{n} of the checks found a fault; the first one is the cause."),
        "notes": _("No fault. There are {n} notes; you can log in all the same."),
        "good": _("All is right."),
        "again": _("Start again"),
        "granted": _("allowed"),
        "prompt": _("not asked yet"),
        "denied": _("blocked"),
        "unknown": _("this browser does not ask"),
        "pin": _("Please type your PIN in the CardLogin window."),
        "sending": _("Checking your certificate, please wait."),
        "cancelled": _("The trial was cancelled."),
    }
