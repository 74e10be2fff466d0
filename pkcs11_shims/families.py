"""Card families: what a person needs to know of the card's issuer when something is wrong with the card."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Name in both languages, the issuer's own page for unlocking and renewal, and its telephone line."""

    key: str
    zh: str
    en: str
    unlock_page: str = ""
    telephone: str = ""


UNKNOWN = Family("unknown", "憑證卡", "certificate card")
