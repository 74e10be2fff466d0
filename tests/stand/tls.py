"""A TLS certificate for portals of the stand, under a root that only the stand's browsers trust."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = timedelta(days=90)
_PEM = serialization.Encoding.PEM


def make_portal_certificate(folder: Path, *hosts: str) -> None:
    """Writes portal-root.pem, portal.pem and portal.key, unless they are there and still valid a day.

    Two certificates, because Firefox refuses a server certificate that is its own authority.
    """
    root, certificate, key = (folder / name for name in ("portal-root.pem", "portal.pem", "portal.key"))
    if all(file.exists() for file in (root, certificate, key)) and _valid_tomorrow(certificate):
        return
    folder.mkdir(parents=True, exist_ok=True)
    root_key, private = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key.touch(mode=0o600)
    key.write_bytes(private.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    made = _root(root_key)
    root.write_bytes(made.public_bytes(_PEM))
    certificate.write_bytes(_leaf(made, root_key, private.public_key(), hosts).public_bytes(_PEM))


def _valid_tomorrow(path: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)


def _root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    serial = x509.random_serial_number()
    # The serial in the name tells the roots of several stands apart.
    name = _name(f"CardLogin demonstration {serial:040x}")
    usage = x509.BasicConstraints(ca=True, path_length=0)
    return _builder(name, name, key.public_key(), serial).add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _leaf(
    root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePublicKey, hosts: tuple[str, ...]
) -> x509.Certificate:
    names = [*map(x509.DNSName, hosts), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    return (
        _builder(_name(hosts[0]), root.subject, key, x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, serial)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])
