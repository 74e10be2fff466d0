"""What is to be shown: the scenarios of the portal's rules (2.11), and how each is called in each profile."""

from typing import NamedTuple

PROFILES = ("modern", "egov-compat")
_TITLES = {
    "E1": "register plain → mail → confirm → log in",
    "E2": "register with advanced data",
    "E3": "register by card, form filled",
    "E4": "expired link → resend → confirm",
    "E5": "activate by card without the mail link",
    "E6": "five wrong passwords → locked → unlock by card → log in",
    "E7": "reset by question",
    "E8": "reset by card",
    "E9": "reset by text message",
    "E10": "forgotten account",
    "E11": "log in by card, bound",
    "E12": "log in by card, unbound → bind",
    "E13": "wrong PIN twice, right third; wrong three times → locked, guidance for each kind of card",
    "E14": "no reader, no card, two readers, card pulled while signing",
    "E15": "upload certificate in 我的專區",
    "E23": "change mail → confirm",
    "E24": "delete account, with its time of grace",
}
# What a scenario is in one profile, where the profiles differ (2.9: K5, K7).
_IN_PROFILE = {
    ("E4", "modern"): "expired link (24 h + 1 s) → resend → confirm",
    ("E4", "egov-compat"): "expired link (7 days + 1 s) → resend → confirm",
    ("E7", "modern"): "reset by saved recovery code (in place of the question, K5)",
    ("E7", "egov-compat"): "reset by question, with a code by mail",
}


class Row(NamedTuple):
    """One scenario in one profile."""

    scenario: str
    profile: str

    @property
    def title(self) -> str:
        """What is gone through."""
        return _IN_PROFILE.get(self, _TITLES[self.scenario])


ROWS = tuple(Row(scenario, profile) for profile in PROFILES for scenario in _TITLES)
