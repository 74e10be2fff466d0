"""Delta lists: what they add, what they lift (停用, removeFromCRL), and which of them do not fit."""

from datetime import timedelta

import pytest
from cryptography import x509

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.crl import ListRefused, read_list
from tests.unit.cardlogin_server.pki import COMPLETE, HOST, NOW, PARTITION, Profile, impostor, issue, moica, root
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, REMOVED, Web, complete, partition, scope
from tests.unit.cardlogin_server.site import Time

SERIAL = Profile().serial_number
DELTA = f"http://{HOST}/crl/MOICA-10-8-delta.crl"
POINT = x509.DistributionPoint([x509.UniformResourceIdentifier(DELTA)], None, None, None)


def base(**changes: object) -> bytes:
    """The partition list, number 7, which names its delta list."""
    return partition(**({"more": ((x509.FreshestCRL([POINT]), False),)} | changes))


def delta(start: int = 7, **changes: object) -> bytes:
    """A delta list, number 8, on top of number 7."""
    more = ((x509.DeltaCRLIndicator(start), True),)
    return partition(**({"number": 8, "more": more, "revoked": ()} | changes))


class Parts:
    def __init__(self, change: bytes | None, **changes: object) -> None:
        self.web, self.time = Web(), Time()
        self.web.files = {PARTITION: base(**changes)}
        if change is not None:
            self.web.files[DELTA] = change
        anchors = Anchors.from_der([root().der], [moica().der])
        self.revocation = CrlRevocation(anchors, frozenset({HOST}), self.web, self.time)

    def check(self, profile: Profile | None = None) -> None:
        self.revocation.check(read_leaf(issue(profile).der))


def test_delta_list_adds() -> None:
    with pytest.raises(CertificateRevoked):
        Parts(delta(revoked=((SERIAL, COMPROMISE),))).check()


def test_suspension_is_lifted_by_a_delta_list() -> None:
    on_hold = ((SERIAL, HOLD),)
    with pytest.raises(CertificateSuspended):
        Parts(delta(), revoked=on_hold).check()
    Parts(delta(revoked=((SERIAL, REMOVED),)), revoked=on_hold).check()


def test_suspension_becomes_final_in_a_delta_list() -> None:
    with pytest.raises(CertificateRevoked):
        Parts(delta(revoked=((SERIAL, COMPROMISE),)), revoked=((SERIAL, HOLD),)).check()


def test_delta_list_is_kept() -> None:
    parts = Parts(delta())
    for _ in range(3):
        parts.check()
    assert parts.web.asked == [PARTITION, DELTA]


def test_without_a_delta_list_the_fresh_list_decides() -> None:
    parts = Parts(None)
    parts.check()
    parts.check()
    assert parts.web.asked == [PARTITION, DELTA]


def test_address_in_the_certificate() -> None:
    parts = Parts(delta(revoked=((SERIAL, COMPROMISE),)), more=())
    profile = Profile(more=((x509.FreshestCRL([POINT]), False),))
    with pytest.raises(CertificateRevoked):
        parts.check(profile)


def test_delta_list_on_a_host_that_is_not_allowed() -> None:
    elsewhere = x509.DistributionPoint([x509.UniformResourceIdentifier("http://evil.example/d")], None, None, None)
    parts = Parts(None, more=((x509.FreshestCRL([elsewhere]), False),))
    parts.check()
    assert parts.web.asked == [PARTITION]


def test_delta_list_in_the_place_of_a_list() -> None:
    with pytest.raises(ListRefused, match="critical"):
        read_list(delta(), PARTITION, moica().certificate, NOW)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(lambda: delta(8), "later list", id="starts_from_a_later_list"),
        pytest.param(lambda: delta(number=7), "not newer", id="not_newer_than_the_list"),
        pytest.param(lambda: delta(scope=scope(COMPLETE)), "another partition", id="of_another_partition"),
        pytest.param(lambda: delta(scope=None), "another scope", id="of_the_complete_list"),
        pytest.param(lambda: delta(next_update=NOW), "stale", id="stale"),
        pytest.param(lambda: delta(signer=impostor()), "not signed", id="same_name_other_key"),
        pytest.param(lambda: partition(number=8), "not a delta", id="no_delta_list"),
        pytest.param(lambda: complete(number=8, more=((x509.DeltaCRLIndicator(7), False),)), "scope", id="scope"),
    ],
)
def test_delta_list_that_does_not_fit(change: object, why: str) -> None:
    assert callable(change)
    content = change()
    known = read_list(base(), PARTITION, moica().certificate, NOW).index.header
    with pytest.raises(ListRefused, match=why):
        read_list(content, DELTA, moica().certificate, NOW, base=known)
    parts = Parts(content)
    parts.check()


def test_old_delta_list_is_not_used_on_a_new_list() -> None:
    parts = Parts(delta(revoked=((SERIAL, REMOVED),)), revoked=((SERIAL, HOLD),))
    parts.check()
    parts.time.now = later = NOW + timedelta(hours=12)
    parts.web.files[PARTITION] = base(
        number=9, this_update=later, next_update=later + timedelta(hours=1), revoked=((SERIAL, HOLD),)
    )
    with pytest.raises(CertificateSuspended):
        parts.check()
