"""Who holds a certificate that lies in a file; log-ins are verified by relying_party.contrib.django."""

from django.conf import settings
from django.utils import timezone

from relying_party import Identity
from relying_party.contrib.django.parts import anchors
from relying_party.identity import read_identity
from relying_party.leaf import check_leaf, read_leaf
from relying_party.path import check_dates


def identity_of(der: bytes) -> Identity:
    """Return the holder of a certificate (DER) that this portal would accept now, without asking for revocation.

    For preparing a binding from a file: the holder proves nothing here. Raises subclasses of CardLoginError.
    """
    leaf = read_leaf(der)
    policies = frozenset(settings.CARDLOGIN_POLICIES)
    family = check_leaf(leaf, policies)
    issuer = anchors().issuer_of(leaf)
    now = timezone.now()
    check_dates(leaf, now)
    anchors().check_path(leaf, issuer, now, policies=policies)
    return read_identity(leaf, family)
