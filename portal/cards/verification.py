"""The verifier of card log-ins, built once per process from the settings."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from portal.cards.store import CacheChallengeStore
from relying_party import Anchors, Challenges, CrlRevocation, Identity, Verifier
from relying_party.identity import read_identity
from relying_party.leaf import check_leaf, read_leaf
from relying_party.path import check_dates


@cache
def challenges() -> Challenges:
    """Return the issuing and taking of challenges over the shared cache."""
    return Challenges(CacheChallengeStore())


@cache
def anchors() -> Anchors:
    """Return the trust anchors and issuing authorities of the folder CARDLOGIN_PKI."""
    return Anchors.from_folder(Path(settings.CARDLOGIN_PKI))


@cache
def verifier() -> Verifier:
    """Return the verifier for CARDLOGIN_ORIGIN; raises what relying_party raises for an unusable folder."""
    return Verifier(
        origin=settings.CARDLOGIN_ORIGIN,
        anchors=anchors(),
        challenges=challenges(),
        revocation=CrlRevocation(anchors(), allowed_hosts=frozenset(settings.CARDLOGIN_CRL_HOSTS)),
        policies=frozenset(settings.CARDLOGIN_POLICIES),
    )


def forget() -> None:
    """Build anew at the next use; for a change of settings inside one process."""
    for built in (challenges, anchors, verifier):
        built.cache_clear()


def identity_of(der: bytes) -> Identity:
    """Return the holder of a certificate (DER) that this portal would accept now, without asking for revocation.

    For preparing a binding from a file: the holder proves nothing here. Raises subclasses of CardLoginError.
    """
    leaf = read_leaf(der)
    family = check_leaf(leaf, frozenset(settings.CARDLOGIN_POLICIES))
    issuer = anchors().issuer_of(leaf)
    now = timezone.now()
    check_dates(leaf, now)
    anchors().check_path(leaf, issuer, now)
    return read_identity(leaf, family)
