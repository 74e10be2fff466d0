"""Keys for a stand-in that both sides prove themselves to: an authority, the server on loopback, and one client."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_LIFE = timedelta(days=30)


def make_keys(folder: Path) -> None:
    """Write authorities.pem, and a certificate with its key for `server` and for `client`, anew at every start."""
    folder.mkdir(parents=True, exist_ok=True)
    key = _new_key()
    name = _name("stand-in authority")
    authority = _builder(name, name, key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    (folder / "authorities.pem").write_bytes(authority.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    for label in ("server", "client"):
        _write(folder, label, key, name)


def _write(folder: Path, label: str, authority: rsa.RSAPrivateKey, issuer: x509.Name) -> None:
    key = _new_key()
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signs_for = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    builder = _builder(_name(f"stand-in {label}"), issuer, key.public_key())
    builder = builder.add_extension(loopback, critical=False).add_extension(signs_for, critical=False)
    certificate = builder.sign(authority, hashes.SHA256())
    (folder / f"{label}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    place = folder / f"{label}.key"
    place.touch(mode=0o600)
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
