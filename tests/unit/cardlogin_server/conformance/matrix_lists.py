"""Revocation lists of the generated matrix: what is found at the addresses of a citizen's certificate."""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from tests.unit.cardlogin_server.pki import COMPLETE, NOW, PARTITION, Authority, Profile
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, REMOVED, List, scope

# Of every variant of the leaf.
SERIALS = (Profile.serial_number, 1, (1 << 159) - 1)
DELTA = COMPLETE.replace("complete", "delta")
Files = dict[str, bytes]
Make = Callable[[Authority, Authority], Files]
"""From the issuing authority and an impostor to the lists by address."""

_REASONS = frozenset({COMPROMISE, x509.ReasonFlags.ca_compromise})
_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\0")
_OTHER_PARTITION = PARTITION.replace("10-8", "10-9")


def _list(issuer: Authority, **changes: object) -> bytes:
    return List(issuer=issuer, **changes).der()  # type: ignore[arg-type]


def _partition(**changes: object) -> Make:
    return lambda issuer, _: {PARTITION: _list(issuer, **({"scope": scope(PARTITION)} | changes))}


def _complete(**changes: object) -> Make:
    return lambda issuer, _: {COMPLETE: _list(issuer, **changes)}


def _listed(reason: x509.ReasonFlags | None = COMPROMISE) -> tuple[tuple[int, x509.ReasonFlags | None], ...]:
    return tuple((serial, reason) for serial in SERIALS)


def _forged(issuer: Authority, impostor: Authority) -> Files:
    return {COMPLETE: _list(issuer, signer=impostor)}


def _impostors(issuer: Authority, impostor: Authority) -> Files:
    del issuer
    return {COMPLETE: _list(impostor)}


def _delta(base: int = 7, number: int = 8, **changes: object) -> Make:
    def make(issuer: Authority, _: Authority) -> Files:
        freshest = x509.FreshestCRL([x509.DistributionPoint([x509.UniformResourceIdentifier(DELTA)], None, None, None)])
        held = _listed(HOLD) if changes.get("revoked") == _listed(REMOVED) else ()
        delta = {"number": number, "more": ((x509.DeltaCRLIndicator(base), True),)} | changes
        return {
            COMPLETE: _list(issuer, revoked=held, more=((freshest, False),)),
            DELTA: _list(issuer, **({"revoked": ()} | delta)),
        }

    return make


def _delta_alone(issuer: Authority, _: Authority) -> Files:
    return {COMPLETE: _list(issuer, more=((x509.DeltaCRLIndicator(7), True),))}


def _both(partition: Make, complete: Make) -> Make:
    return lambda issuer, impostor: partition(issuer, impostor) | complete(issuer, impostor)


_LATER, _EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
VARIANTS: dict[str, tuple[Make, bool]] = {
    "good": (_both(_partition(), _complete()), True),
    "partition only": (_partition(), True),
    "complete only": (_complete(), True),
    "nothing": (lambda _issuer, _impostor: {}, False),
    "revoked": (_complete(revoked=_listed()), False),
    "revoked without a reason": (_complete(revoked=_listed(None)), False),
    "revoked on the partition": (_both(_partition(revoked=_listed()), _complete(revoked=_listed())), False),
    "on hold": (_complete(revoked=_listed(HOLD)), False),
    "empty list": (_complete(revoked=()), True),
    "only certificates of people": (_complete(scope=scope(user=True)), True),
    "only certificates of authorities": (_complete(scope=scope(ca=True)), False),
    "only attribute certificates": (_complete(scope=scope(attribute=True)), False),
    "indirect list": (_complete(scope=scope(indirect=True)), True),
    "some reasons only": (_complete(scope=scope(reasons=_REASONS)), False),
    "another partition's list": (
        lambda issuer, _: {PARTITION: _list(issuer, scope=scope(_OTHER_PARTITION))},
        False,
    ),
    "another partition's list, and complete": (
        lambda issuer, _: {PARTITION: _list(issuer, scope=scope(_OTHER_PARTITION)), COMPLETE: _list(issuer)},
        True,
    ),
    "stale": (_complete(this_update=NOW - timedelta(days=2), next_update=_EARLIER), False),
    "from the future": (_complete(this_update=_LATER), False),
    "no number": (_complete(number=None), True),
    "no authority key identifier": (_complete(key_identifier=False), True),
    "unknown extension": (_complete(more=((_UNKNOWN, False),)), True),
    "unknown critical extension": (_complete(more=((_UNKNOWN, True),)), False),
    "unknown critical extension of an entry": (_complete(entry_more=(_UNKNOWN,), revoked=_listed()), False),
    "forged": (_forged, False),
    "the impostor's": (_impostors, False),
    "delta that changes nothing": (_delta(), True),
    "delta that revokes": (_delta(revoked=_listed()), False),
    "delta that holds": (_delta(revoked=_listed(HOLD)), False),
    "delta that lifts a hold": (_delta(revoked=_listed(REMOVED)), True),
    "delta of a later base": (_delta(base=9, number=10), True),
    "delta alone": (_delta_alone, False),
}
"""By name: the lists, and whether RFC 5280 accepts a good certificate with them."""
