"""The outside service that says whether an ID number is a card holder's (CARDLOGIN_CONFIRMER)."""

import logging
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from cardlogin_server.identity.confirm import (
    Confirmation,
    ConfirmerUnavailable,
    HttpIdentityConfirmer,
    IdentityConfirmer,
    Pair,
)  # fmt: skip

_log = logging.getLogger("portal.cards")


def is_configured() -> bool:
    """Whether this installation has a confirmer; without one, a card that is not bound proves no number."""
    return settings.CARDLOGIN_CONFIRMER is not None


def ask(subject_serial: str, number: str) -> Confirmation:
    """What the confirmer says of a card and a full ID number; ASK_AGAIN also when there is none or it cannot be asked.

    It may take ten seconds: never call it while rows are locked.
    """
    if settings.CARDLOGIN_CONFIRMER is None:
        return Confirmation.ASK_AGAIN
    try:
        service: IdentityConfirmer = import_string(settings.CARDLOGIN_CONFIRMER)()
        (outcome,) = service.confirm([Pair(subject_serial, number)])
    except ConfirmerUnavailable as error:
        _log.warning("confirmer: %s", error)
        return Confirmation.ASK_AGAIN
    except OSError as error:
        _log.error("confirmer: its files cannot be used: %s", type(error).__name__)
        return Confirmation.ASK_AGAIN
    if outcome is not Confirmation.CONFIRMED:
        _log.info("confirmer: %s", outcome.name.lower())
    return outcome


def over_https() -> HttpIdentityConfirmer:
    """The confirmer at CARDLOGIN_CONFIRMER_URL, with client.pem, client.key and authorities.pem of its folder.

    Raises ValueError or OSError for an address or files that cannot be used.
    """
    folder = Path(settings.CARDLOGIN_CONFIRMER_FOLDER)
    return HttpIdentityConfirmer(
        settings.CARDLOGIN_CONFIRMER_URL, certificate=folder / "client.pem", key=folder / "client.key",
        authorities=folder / "authorities.pem",
    )  # fmt: skip
