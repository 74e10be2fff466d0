"""The localhost identity before the judges: OpenSSL's command and PyCA's verifier."""

import ipaddress
import itertools
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.authority import LEAF_LIFE, OVERLAP, ROOT_LIFE, Identity, make_identity, vouches_for_this_computer_only
from tests.stand.waiting import LIMIT

OWN_NAMES = ["localhost", "127.0.0.1", "::1"]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def identity() -> Identity:
    """A new identity."""
    return make_identity()


@pytest.fixture(scope="module")
def root(identity: Identity) -> x509.Certificate:
    """Its root."""
    return x509.load_pem_x509_certificate(identity.root)


@pytest.fixture(scope="module")
def leaf(identity: Identity) -> x509.Certificate:
    """Its first leaf."""
    return x509.load_pem_x509_certificate(identity.leaves[0].certificate)


def name_option(name: str) -> list[str]:
    """How openssl is told the name to check."""
    return ["-verify_ip" if name[0].isdigit() or ":" in name else "-verify_hostname", name]


def openssl_accepts(folder: Path, root: bytes, leaf: bytes, *options: str, between: bytes = b"") -> bool:
    """Whether `openssl verify` takes a leaf for a TLS server."""
    for file, content in (("root.pem", root), ("leaf.pem", leaf), ("between.pem", between or root)):
        (folder / file).write_bytes(content)
    command = [
        "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore", "-CAfile",
        "root.pem",
        "-untrusted", "between.pem", *options, "leaf.pem",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=LIMIT).returncode == 0


def pyca_accepts(root: bytes, leaf: bytes, name: str, *between: bytes, moment: datetime | None = None) -> bool:
    """Whether PyCA's verifier, with the rules of browsers, takes a leaf for a name, now or at a moment."""
    is_address = not name.endswith("localhost") and (name[0].isdigit() or ":" in name)
    subject = x509.IPAddress(ipaddress.ip_address(name)) if is_address else x509.DNSName(name)
    store = verification.Store([x509.load_pem_x509_certificate(root)])
    verifier = verification.PolicyBuilder().store(store).time(moment or NOW).build_server_verifier(subject)
    try:
        verifier.verify(x509.load_pem_x509_certificate(leaf), [x509.load_pem_x509_certificate(pem) for pem in between])
    except verification.VerificationError:
        return False
    return True


@pytest.mark.parametrize("name", OWN_NAMES)
def test_leaf_is_good_for_this_computer(identity: Identity, tmp_path: Path, name: str) -> None:
    assert openssl_accepts(tmp_path, identity.root, identity.leaves[0].certificate, *name_option(name))
    assert pyca_accepts(identity.root, identity.leaves[0].certificate, name)


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "127.0.0.2", "::2", "evil.localhost"])
def test_leaf_is_good_for_no_other_name(identity: Identity, tmp_path: Path, name: str) -> None:
    assert not openssl_accepts(tmp_path, identity.root, identity.leaves[0].certificate, *name_option(name))
    assert not pyca_accepts(identity.root, identity.leaves[0].certificate, name)


def test_leaf_is_no_client_and_the_root_no_mail_authority(identity: Identity, tmp_path: Path) -> None:
    for purpose in ("sslclient", "smimesign", "timestampsign"):
        assert not openssl_accepts(tmp_path, identity.root, identity.leaves[0].certificate, "-purpose", purpose)


def test_leaf_of_another_root_is_refused(identity: Identity, tmp_path: Path) -> None:
    other = make_identity()
    assert not openssl_accepts(tmp_path, other.root, identity.leaves[0].certificate)
    assert not pyca_accepts(other.root, identity.leaves[0].certificate, "localhost")


class TestStolenRootKey:
    """What an attacker could do who had caught the root's key, which is forgotten."""

    @pytest.fixture
    def stolen(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Identity, ec.EllipticCurvePrivateKey]:
        """An identity and its root's key, caught when it was made."""
        caught: list[ec.EllipticCurvePrivateKey] = []
        generate = ec.generate_private_key

        def spy(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
            caught.append(generate(curve))
            return caught[-1]

        monkeypatch.setattr("certs.authority.ec.generate_private_key", spy)
        identity = make_identity()
        public = x509.load_pem_x509_certificate(identity.root).public_key()
        (key,) = [item for item in caught if item.public_key() == public]
        return identity, key

    def sign(
        self,
        stolen: tuple[Identity, ec.EllipticCurvePrivateKey],
        name: str,
        *,
        ca: bool = False,
        key: ec.EllipticCurvePrivateKey,
    ) -> bytes:
        """A certificate for a name by the stolen key; else made like the real leaf."""
        identity, root_key = stolen
        root = x509.load_pem_x509_certificate(identity.root)
        return issue(root, root_key, name, key, ca=ca)

    @pytest.mark.parametrize("name", ["evil.example", "bank.example", "192.0.2.1", "2001:db8::1", "127.0.0.2"])
    def test_leaf_for_another_name_is_refused_by_the_name_constraints(
        self, stolen: tuple[Identity, ec.EllipticCurvePrivateKey], tmp_path: Path, name: str
    ) -> None:
        evil = self.sign(stolen, name, key=ec.generate_private_key(ec.SECP256R1()))
        assert not openssl_accepts(tmp_path, stolen[0].root, evil, *name_option(name))
        assert not pyca_accepts(stolen[0].root, evil, name)

    @pytest.mark.parametrize("name", OWN_NAMES)
    def test_attack_is_refused_for_its_name_only(
        self, stolen: tuple[Identity, ec.EllipticCurvePrivateKey], tmp_path: Path, name: str
    ) -> None:
        """The same certificate for this computer is accepted, so the tests above fail for the right reason."""
        good = self.sign(stolen, name, key=ec.generate_private_key(ec.SECP256R1()))
        assert openssl_accepts(tmp_path, stolen[0].root, good, *name_option(name))
        assert pyca_accepts(stolen[0].root, good, name)

    def test_authority_below_the_root_is_refused_by_the_path_length(
        self, stolen: tuple[Identity, ec.EllipticCurvePrivateKey], tmp_path: Path
    ) -> None:
        middle_key = ec.generate_private_key(ec.SECP256R1())
        middle = self.sign(stolen, "localhost", ca=True, key=middle_key)
        leaf = issue(
            x509.load_pem_x509_certificate(middle), middle_key, "localhost", ec.generate_private_key(ec.SECP256R1())
        )
        assert not openssl_accepts(tmp_path, stolen[0].root, leaf, between=middle)
        assert not pyca_accepts(stolen[0].root, leaf, "localhost", middle)


def issue(
    issuer: x509.Certificate, issuer_key: ec.EllipticCurvePrivateKey, name: str, key: ec.EllipticCurvePrivateKey,
    *, ca: bool = False,
) -> bytes:  # fmt: skip
    """A server certificate, or an authority's."""
    is_address = name[0].isdigit() or ":" in name
    entry = x509.IPAddress(ipaddress.ip_address(name)) if is_address else x509.DNSName(name)
    subject = "Middle" if ca else "leaf"
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([entry]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_root_is_limited_to_this_computer_and_says_so_critically(root: x509.Certificate) -> None:
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    permitted = [str(item.value) for item in constraints.value.permitted_subtrees or []]
    assert permitted == ["localhost", "127.0.0.1/32", "::1/128"]
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    usage = root.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)


def test_root_and_leaf_are_for_server_authentication_only(root: x509.Certificate, leaf: x509.Certificate) -> None:
    for certificate in (root, leaf):
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_leaf_names_are_the_three_of_this_computer_and_one_that_nobody_can_guess(identity: Identity) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}\.localhost", identity.name)
    for pair in identity.leaves:
        leaf = x509.load_pem_x509_certificate(pair.certificate)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [str(item.value) for item in names] == ["localhost", identity.name, "127.0.0.1", "::1"]
        assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert pyca_accepts(identity.root, pair.certificate, identity.name, moment=pair.not_before + timedelta(days=2))


def test_validity_is_what_browsers_take(root: x509.Certificate, leaf: x509.Certificate) -> None:
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=800)
    assert leaf.not_valid_after_utc <= root.not_valid_after_utc
    for certificate in (root, leaf):
        assert certificate.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=23), "a clock may be ahead"


def test_validity_counts_from_the_moment_that_is_given() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    leaf = x509.load_pem_x509_certificate(make_identity(moment).leaves[0].certificate)
    assert leaf.not_valid_before_utc == datetime(2030, 1, 1, 3, 4, 5, tzinfo=UTC)


def test_two_identities_share_neither_keys_nor_names_nor_serials(identity: Identity, root: x509.Certificate) -> None:
    other = x509.load_pem_x509_certificate(make_identity().root)
    assert root.public_key() != other.public_key()
    assert root.subject != other.subject
    assert root.serial_number != other.serial_number
    assert make_identity().name != identity.name


def test_leaf_key_is_the_leafs_and_not_the_roots(
    identity: Identity, root: x509.Certificate, leaf: x509.Certificate
) -> None:
    key = serialization.load_pem_private_key(identity.leaves[0].key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == leaf.public_key()
    assert key.public_key() != root.public_key()


def test_names_fit_into_the_limits_of_x520(root: x509.Certificate) -> None:
    (common,) = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert len(str(common.value)) <= 64
    assert str(common.value).startswith("CardLogin localhost root ")


def test_leaves_cover_the_whole_life_of_the_root_and_overlap(identity: Identity, root: x509.Certificate) -> None:
    leaves = [x509.load_pem_x509_certificate(pair.certificate) for pair in identity.leaves]
    assert [(leaf.not_valid_before_utc, leaf.not_valid_after_utc) for leaf in leaves] == [
        (pair.not_before, pair.not_after) for pair in identity.leaves
    ]
    assert root.not_valid_after_utc - root.not_valid_before_utc == ROOT_LIFE
    assert (identity.not_before, identity.not_after) == (root.not_valid_before_utc, root.not_valid_after_utc)
    assert leaves[0].not_valid_before_utc == root.not_valid_before_utc
    assert leaves[-1].not_valid_after_utc == root.not_valid_after_utc
    for leaf, after in itertools.pairwise(leaves):
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == LEAF_LIFE
        assert leaf.not_valid_after_utc - after.not_valid_before_utc == OVERLAP
    last = leaves[-1]
    assert OVERLAP < last.not_valid_after_utc - last.not_valid_before_utc <= LEAF_LIFE


def test_each_leaf_has_its_own_key_and_serial(identity: Identity) -> None:
    leaves = [x509.load_pem_x509_certificate(pair.certificate) for pair in identity.leaves]
    assert len({leaf.serial_number for leaf in leaves}) == len({pair.key for pair in identity.leaves}) == len(leaves)
    for leaf, pair in zip(leaves, identity.leaves, strict=True):
        key = serialization.load_pem_private_key(pair.key, None)
        assert key.public_key() == leaf.public_key()


def test_each_leaf_is_good_in_its_own_time(identity: Identity, tmp_path: Path) -> None:
    for pair in identity.leaves:
        moment = pair.not_before + (pair.not_after - pair.not_before) / 2
        at = ("-attime", str(int(moment.timestamp())))
        assert openssl_accepts(tmp_path, identity.root, pair.certificate, *name_option("localhost"), *at)
        assert pyca_accepts(identity.root, pair.certificate, "localhost", moment=moment)
        late = ("-attime", str(int(pair.not_after.timestamp()) + 1))
        assert not openssl_accepts(tmp_path, identity.root, pair.certificate, *late)


class TestWhatMayGoIntoAStore:
    """Only a root that can vouch for this computer only."""

    def test_root_as_made_here(self, root: x509.Certificate) -> None:
        assert vouches_for_this_computer_only(root.public_bytes(serialization.Encoding.DER))

    def test_leaf_is_none(self, leaf: x509.Certificate) -> None:
        assert not vouches_for_this_computer_only(leaf.public_bytes(serialization.Encoding.DER))

    @pytest.mark.parametrize("content", [b"", b"0", b"no certificate", bytes(2000)])
    def test_bytes_that_are_no_certificate(self, content: bytes) -> None:
        assert not vouches_for_this_computer_only(content)

    @pytest.mark.parametrize(
        ("name", "permitted", "critical", "path_length"),
        [
            ("CardLogin localhost root 1", ["localhost"], True, 0),
            ("CardLogin localhost root 1", ["localhost", "127.0.0.1/32", "::1/128", "evil.example"], True, 0),
            ("CardLogin localhost root 1", ["localhost", "127.0.0.1/32", "::/0"], True, 0),
            ("CardLogin localhost root 1", ["localhost", "127.0.0.1/32", "::1/128"], False, 0),
            ("CardLogin localhost root 1", ["localhost", "127.0.0.1/32", "::1/128"], True, 1),
            ("CardLogin localhost root 1", None, True, 0),
            ("Company root", ["localhost", "127.0.0.1/32", "::1/128"], True, 0),
        ],
    )
    def test_root_that_could_do_more(
        self, name: str, permitted: list[str] | None, critical: bool, path_length: int
    ) -> None:
        assert not vouches_for_this_computer_only(made_elsewhere(name, permitted, critical, path_length))

    def test_the_same_root_made_elsewhere_would_do(self) -> None:
        """So the tests above fail for the right reason."""
        permitted = ["localhost", "127.0.0.1/32", "::1/128"]
        assert vouches_for_this_computer_only(made_elsewhere("CardLogin localhost root 1", permitted, True, 0))


def made_elsewhere(name: str, permitted: list[str] | None, critical: bool, path_length: int) -> bytes:
    """A self-signed authority with name constraints of the test's choice."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    )
    if permitted is not None:
        names = [x509.IPAddress(ipaddress.ip_network(n)) if "/" in n else x509.DNSName(n) for n in permitted]
        builder = builder.add_extension(x509.NameConstraints(names, None), critical=critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
