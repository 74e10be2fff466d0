"""Who else says that SignedData is right: OpenSSL, pyHanko, and our own server library."""

import base64
import hashlib
import subprocess
from pathlib import Path

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from cardlogin_server.answers.cms import check_signature, usable_hash, usable_key
from cardlogin_server.answers.cms_decoding import SignedContent, read_signed_content
from cardlogin_server.certificates.leaf import read_leaf
from tests.stand.waiting import LIMIT


def openssl_finds(folder: Path, der: bytes) -> bytes | None:
    """The content that OpenSSL finds signed, or None; the certificate's own trust is not asked about."""
    (folder / "signed").write_bytes(der)
    command = ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", "signed", "-out", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=LIMIT)
    return (folder / "out").read_bytes() if done.returncode == 0 else None


def openssl_verifies(folder: Path, certificate: bytes, signature: bytes, content: bytes, hash_name: str) -> bool:
    """Whether OpenSSL finds a bare signature right."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    (folder / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "signature").write_bytes(signature)
    (folder / "content").write_bytes(content)
    command = ["openssl", "dgst", f"-{hash_name}", "-verify", "key.pem", "-signature", "signature", "content"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=LIMIT).returncode == 0


def pyhanko_finds(der: bytes) -> bytes | None:
    """The content whose digest and signature pyHanko finds right, or None."""
    signed = cms.ContentInfo.load(der, strict=True)["content"]
    signer = signed["signer_infos"][0]
    content = bytes(signed["encap_content_info"]["content"])
    digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, content).digest()
    intact, valid = validate_sig_integrity(signer, signed["certificates"][0].chosen, "data", digest)
    return content if intact and valid else None


def ours_finds(der: bytes) -> SignedContent:
    """What our server library reads, once the signature has been checked as for a log-in; raises CardLoginError."""
    signed = read_signed_content(der)
    hash_ = usable_hash(signed.hash_name, accept_sha1=False)
    key = usable_key(signed.signature_kind, read_leaf(signed.certificate).key)
    assert hashlib.new(signed.hash_name, signed.content).digest() == signed.message_digest
    check_signature(signed.signature_kind, key, signed.signature, signed.signed_attributes, hash_)
    return signed


def text(der: bytes) -> str:
    """The answer as a page sends it."""
    return base64.b64encode(der).decode()
