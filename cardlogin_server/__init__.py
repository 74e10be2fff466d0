"""The server half of CardLogin: challenges, strict verification of card log-in tokens, revocation, identity."""

from cardlogin_server.certificates.families import Family
from cardlogin_server.certificates.path import Anchors
from cardlogin_server.challenge import ChallengeRecord, Challenges, ChallengeStore, MemoryChallengeStore, Purpose
from cardlogin_server.failures import CardLoginError
from cardlogin_server.identity.identity import Identity
from cardlogin_server.revocation.check import CrlRevocation, Revocation
from cardlogin_server.revocation.policy import Nonce, RevocationPolicies, RevocationPolicy, UseOcsp, WhenUnknown
from cardlogin_server.verifier import Verifier

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
    "UseOcsp",
    "Verifier",
    "WhenUnknown",
]
