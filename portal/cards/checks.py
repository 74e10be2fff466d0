"""System checks: what is missing for card log-in, said before the first citizen finds out."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def card_login_is_configured(**_: Any) -> list[CheckMessage]:
    """Return one error per setting that is missing or unusable (cards.E001 to cards.E003)."""
    return [*_origin(), *_anchors(), *_crl_hosts()]


def _origin() -> list[CheckMessage]:
    parts = urlsplit(settings.CARDLOGIN_ORIGIN)
    if parts.scheme == "https" and parts.hostname and f"https://{parts.netloc}" == settings.CARDLOGIN_ORIGIN:
        return []
    hint = "Set CARDLOGIN_ORIGIN to the address people see, such as https://portal.example, with no slash at the end."
    return [Error("The portal's own origin is missing or is not an https origin.", hint=hint, id="cards.E001")]


def _anchors() -> list[CheckMessage]:
    folder = Path(settings.CARDLOGIN_PKI) if settings.CARDLOGIN_PKI else None
    missing = [name for name in ("anchors", "issuers") if not folder or not any((folder / name).glob("*.cer"))]
    hint = "Set CARDLOGIN_PKI to a folder with anchors/*.cer and issuers/*.cer (DER)."
    return [Error(f"No certificate found in {name}/.", hint=hint, id="cards.E002") for name in missing]


def _crl_hosts() -> list[CheckMessage]:
    if settings.CARDLOGIN_CRL_HOSTS:
        return []
    hint = "Set CARDLOGIN_CRL_HOSTS to the hosts (host or host:port) revocation lists may be fetched from."
    return [Error("No host for revocation lists: every card would be refused.", hint=hint, id="cards.E003")]
