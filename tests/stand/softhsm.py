"""A software token (SoftHSM2) with one signing certificate, made with Debian's own tools."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "123456"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def make_token(folder: Path, key: Key, *, holder: str = "王小明", digital_signature: bool = True) -> dict[str, str]:
    """Makes a token with one key and its certificate (CKA_ID 01); returns the environment that selects it."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = {"SOFTHSM2_CONF": str(configuration)}
    _run(
        environment, "softhsm2-util", "--init-token", "--free", "--label", "test", "--so-pin", "12345678", "--pin", PIN
    )
    private, certificate = folder / "key.pem", folder / "certificate.der"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate.write_bytes(_certificate(key, holder, digital_signature).public_bytes(serialization.Encoding.DER))
    _run(environment, "softhsm2-util", "--import", str(private), "--token", "test", "--label", "sign", "--id", "01",
         "--pin", PIN)  # fmt: skip
    _run(environment, "pkcs11-tool", "--module", MODULE, "--token-label", "test", "--login", "--pin", PIN,
         "--write-object", str(certificate), "--type", "cert", "--id", "01", "--label", "sign")  # fmt: skip
    return environment


def _run(environment: dict[str, str], *command: str) -> None:
    subprocess.run(command, env={"PATH": "/usr/bin:/bin", **environment}, check=True, capture_output=True, timeout=30)


def _certificate(key: Key, holder: str, digital_signature: bool) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=not digital_signature,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
