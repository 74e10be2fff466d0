"""What pages sign and encrypt before a card gets it: DigestInfo and EnvelopedData, made by others' means."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import Encoding

from tests.stand.waiting import LIMIT

KEY, START = b"0123456789abcdefghijklmn", b"12345678"


def digest_info(hash_name: str, content: bytes) -> bytes:
    """DigestInfo (RFC 8017, 9.2), as pages make it that sign files without sending them."""
    made = algos.DigestInfo(
        {
            "digest_algorithm": {"algorithm": hash_name, "parameters": core.Null()},
            "digest": hashlib.new(hash_name, content).digest(),
        }
    )
    encoded: bytes = made.dump()
    return encoded


def block(certificate: bytes, content: bytes) -> bytes:
    """RSAES-PKCS1-v1_5 for the holder of a certificate."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key.encrypt(content, padding.PKCS1v15())


def padded(content: bytes) -> bytes:
    """Content as DES takes it."""
    missing = 8 - len(content) % 8
    return content + bytes([missing]) * missing


def three_des(content: bytes, key: bytes = KEY) -> bytes:
    """Content that is padded already, encrypted."""
    encryptor = Cipher(TripleDES(key), CBC(START)).encryptor()
    return encryptor.update(content) + encryptor.finalize()


def recipient(certificate: bytes, encrypted_key: bytes, algorithm: str = "rsaes_pkcs1v15") -> dict[str, Any]:
    """Key transport to the holder of a certificate."""
    holder = asn1_x509.Certificate.load(certificate)
    named = {"issuer": holder.issuer, "serial_number": holder.serial_number}
    return {
        "version": "v0",
        "rid": cms.RecipientIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(named)),
        "key_encryption_algorithm": {"algorithm": algorithm},
        "encrypted_key": encrypted_key,
    }


def envelope(
    *recipients: dict[str, Any],
    encrypted: bytes,
    start: object = START,
    algorithm: str = "tripledes_3key",
    content_type: str = "data",
    more: dict[str, Any] | None = None,
) -> bytes:
    """EnvelopedData of those parts."""
    infos = [cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(item)) for item in recipients]
    content = {
        "content_type": content_type,
        "content_encryption_algorithm": {"algorithm": algorithm, "parameters": start},
        "encrypted_content": encrypted,
    }
    data = {"version": "v0", "recipient_infos": infos, "encrypted_content_info": content, **(more or {})}
    encoded: bytes = cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(data)}).dump()
    return encoded


def openssl_encrypts(folder: Path, certificate: bytes, content: bytes, *options: str) -> bytes:
    """What OpenSSL encrypts for the holder of a certificate."""
    (folder / "plain").write_bytes(content)
    pem = x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)
    (folder / "holder.pem").write_bytes(pem)
    command = ["openssl", "cms", "-encrypt", "-binary", *options, "-outform", "DER", "-in", "plain", "-out", "cipher"]
    subprocess.run([*command, "holder.pem"], cwd=folder, check=True, timeout=LIMIT)
    return (folder / "cipher").read_bytes()
