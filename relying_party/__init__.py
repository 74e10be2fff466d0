"""The server half of CardLogin: challenges, strict verification of card log-in tokens, revocation, identity."""

from relying_party.challenge import ChallengeRecord, Challenges, ChallengeStore, MemoryChallengeStore, Purpose
from relying_party.failures import CardLoginError, Text
from relying_party.families import Family
from relying_party.identity import Identity
from relying_party.path import Anchors
from relying_party.revocation import CrlRevocation, Revocation
from relying_party.revocation_policy import Nonce, RevocationPolicies, RevocationPolicy, UseOcsp, WhenUnknown
from relying_party.verifier import Verifier

__all__ = [
    "Anchors",
    "CardLoginError",
    "ChallengeRecord",
    "ChallengeStore",
    "Challenges",
    "CrlRevocation",
    "Family",
    "Identity",
    "MemoryChallengeStore",
    "Nonce",
    "Purpose",
    "Revocation",
    "RevocationPolicies",
    "RevocationPolicy",
    "Text",
    "UseOcsp",
    "Verifier",
    "WhenUnknown",
]
