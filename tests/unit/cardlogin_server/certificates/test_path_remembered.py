"""What anchors remember must never outlive what made it true."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardlogin_server import Anchors
from cardlogin_server import failures as f
from cardlogin_server.certificates.leaf import Leaf, read_leaf
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.conformance import matrix_authorities, matrix_leaves
from tests.unit.cardlogin_server.conformance.matrix_authorities import ISSUER, root
from tests.unit.cardlogin_server.conformance.matrix_shapes import SHAPES
from tests.unit.cardlogin_server.pki import NOW, POLICY, Authority, Profile, issue

ACCEPTED = frozenset({POLICY})


def below(issuer: Authority, change: matrix_leaves.Change = lambda profile: profile) -> Leaf:
    return read_leaf(matrix_leaves.leaf(issuer, change))


def another(profile: Profile) -> Profile:
    return replace(profile, serial_number=99)


def check(anchors: Anchors, leaf: Leaf, days: int = 0, policies: frozenset[str] = ACCEPTED) -> int:
    now = NOW + timedelta(days=days)
    return len(anchors.check_path(leaf, anchors.issuer_named_by(leaf), now, policies=policies))


@pytest.mark.parametrize("days", [10, -10])
def test_remembered_issuer_outside_its_validity(days: int) -> None:
    short = replace(ISSUER, not_before=NOW - timedelta(days=5), not_after=NOW + timedelta(days=5)).build(root())
    anchors = Anchors.from_der([root().der], [short.der])
    leaf = below(short)
    assert check(anchors, leaf) == 3
    for again in (leaf, below(short, another)):
        with pytest.raises(f.CertificateUntrusted):
            check(anchors, again, days)


def test_remembered_issuer_and_a_forged_leaf() -> None:
    good = ISSUER.build(root())
    anchors = Anchors.from_der([root().der], [good.der])
    leaf = below(good)
    assert check(anchors, leaf) == 3
    place = len(leaf.der) - 5
    forged = read_leaf(leaf.der[:place] + bytes((leaf.der[place] ^ 1,)) + leaf.der[place + 1 :])
    with pytest.raises(f.CertificateUntrusted):
        check(anchors, forged)
    with pytest.raises(f.CertificateUntrusted):
        anchors.issuer_of(forged)


def test_remembered_leaf_under_other_policies() -> None:
    good = ISSUER.build(root())
    anchors = Anchors.from_der([root().der], [good.der])
    leaf = below(good)
    assert check(anchors, leaf) == 3
    with pytest.raises(f.CertificatePolicyRefused):
        check(anchors, leaf, policies=frozenset({matrix_authorities.OTHER_POLICY}))


def test_constraints_on_names_are_asked_of_every_leaf() -> None:
    strict = matrix_authorities.VARIANTS["excludes an e-mail domain"][0].build(root())
    anchors = Anchors.from_der([root().der], [strict.der])
    assert check(anchors, below(strict)) == 3
    excluded = x509.SubjectAlternativeName([x509.RFC822Name("a@gov.example")])
    with pytest.raises(f.CertificateUntrusted):
        check(anchors, below(strict, lambda profile: replace(profile, more=((excluded, False),))))


def test_policy_must_stand_in_the_authority_too() -> None:
    other = matrix_authorities.VARIANTS["other policy"][0].build(root())
    anchors = Anchors.from_der([root().der], [other.der])
    with pytest.raises(f.CertificatePolicyRefused) as caught:
        check(anchors, below(other))
    assert caught.value.found == frozenset()


def test_longer_paths_are_only_for_those_who_ask() -> None:
    chain = SHAPES["two authorities"].authorities
    ders = [authority.der for authority in chain]
    leaf = below(chain[0])
    with pytest.raises(f.CertificateUntrusted):
        check(Anchors.from_der([root().der], ders), leaf)
    assert check(Anchors.from_der([root().der], ders, longest_path=2), leaf) == 4


def test_issuer_is_the_one_whose_key_signed() -> None:
    anchors = Anchors.from_der([pki.root().der], [pki.moica().der])
    leaf = read_leaf(issue().der)
    for _ in range(2):
        assert anchors.issuer_of(leaf).public_bytes(Encoding.DER) == pki.moica().der
