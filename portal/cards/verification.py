"""Who holds a certificate that lies in a file; log-ins are verified by cardlogin_server.contrib.django."""

from django.conf import settings
from django.utils import timezone

from cardlogin_server import Identity
from cardlogin_server.certificates.leaf import check_leaf, read_leaf
from cardlogin_server.certificates.path import check_dates
from cardlogin_server.contrib.django.parts import anchors
from cardlogin_server.identity.identity import read_identity


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
