"""System checks: what is missing for card log-in, said before the first citizen finds out."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

_PRIVATE_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")


@register()
def card_login_is_configured(**_: Any) -> list[CheckMessage]:
    """One message per setting that is missing or unusable (cardlogin.E001 to E003, W001)."""
    return [*_origin(), *_anchors(), *_crl_hosts(), *_cache()]


def _origin() -> list[CheckMessage]:
    origin = getattr(settings, "CARDLOGIN_ORIGIN", "")
    parts = urlsplit(origin)
    if parts.scheme == "https" and parts.hostname and f"https://{parts.netloc}" == origin:
        return []
    hint = "Set CARDLOGIN_ORIGIN to the address people see, such as https://portal.example, with no slash at the end."
    return [Error("The site's own origin is missing or is not an https origin.", hint=hint, id="cardlogin.E001")]


def _anchors() -> list[CheckMessage]:
    setting = getattr(settings, "CARDLOGIN_PKI", "")
    if setting is None:
        return []
    folder = Path(setting) if setting else None
    missing = [name for name in ("anchors", "issuers") if not folder or not any((folder / name).glob("*.cer"))]
    hint = "Set CARDLOGIN_PKI to a folder with anchors/*.cer and issuers/*.cer (DER), or to None for Taiwan's own."
    return [Error(f"No certificate found in {name}/.", hint=hint, id="cardlogin.E002") for name in missing]


def _crl_hosts() -> list[CheckMessage]:
    if getattr(settings, "CARDLOGIN_CRL_HOSTS", ()):
        return []
    hint = "Set CARDLOGIN_CRL_HOSTS to the hosts (host or host:port) revocation lists may be fetched from."
    return [Error("No host for revocation lists: every card would be refused.", hint=hint, id="cardlogin.E003")]


def _cache() -> list[CheckMessage]:
    if not str(settings.CACHES["default"]["BACKEND"]).endswith(_PRIVATE_CACHES):
        return []
    hint = "Use the database, Redis or Memcached for the cache named default."
    text = "Challenges are kept in a cache that other processes of this site do not see."
    return [Warning(text, hint=hint, id="cardlogin.W001")]
