"""OpenSSL and pyHanko beside our verifier: what our tests build is right, and what OpenSSL builds is accepted."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from cardlogin_server import Purpose
from cardlogin_server import failures as f
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.answers.cms_building import Answer
from tests.unit.cardlogin_server.pki import Card, Profile, issue, utf8
from tests.unit.cardlogin_server.site import SESSION, Site

CARDS = {"rsa": Profile(), "ec": Profile(key=pki.ec_key(ec.SECP384R1))}


def made(site: Site, kind: str, hash_name: str) -> Answer:
    card = issue(CARDS["ec" if kind == "ecdsa" else "rsa"])
    answer = Answer(card=card, challenge=site.issue(), kind=kind, hash_name=hash_name)
    return answer.claiming(utf8("nonce"), utf8("TP00000000000001"))


def ours(site: Site, answer: Answer, der: bytes) -> str:
    found = site.old_component().verify_pkcs7(
        base64.b64encode(der).decode(), challenge=answer.challenge, session_id=SESSION, purpose=Purpose.LOGIN
    )
    return found.identity.holder_name


def openssl_verifies(folder: Path, der: bytes) -> bytes | None:
    """The content that OpenSSL finds signed, or None; the certificate's own trust is not asked about."""
    (folder / "answer.der").write_bytes(der)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "answer.der",
        "-noverify",
        "-binary",
        "-out",
        "out",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return (folder / "out").read_bytes() if done.returncode == 0 else None


def pyhanko_verifies(der: bytes) -> bool:
    """Whether digest and signature are right; the certificate's own trust is not asked about."""
    signed = cms.ContentInfo.load(der)["content"]
    signer = signed["signer_infos"][0]
    content = bytes(signed["encap_content_info"]["content"])
    digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, content).digest()
    intact, valid = validate_sig_integrity(signer, signed["certificates"][0].chosen, "data", digest)
    return bool(intact and valid)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["pkcs1", "pss", "ecdsa"])
def test_all_three_accept_what_the_tests_build(site: Site, tmp_path: Path, kind: str, hash_name: str) -> None:
    answer = made(site, kind, hash_name)
    assert openssl_verifies(tmp_path, answer.der()) == answer.challenge.encode()
    assert pyhanko_verifies(answer.der())
    assert ours(site, answer, answer.der()) == "王小明"


@pytest.mark.parametrize("changes", [{"digest": bytes(32)}, {"signature": bytes(256)}], ids=["digest", "signature"])
def test_all_three_refuse_what_is_not_signed(site: Site, tmp_path: Path, changes: dict[str, bytes]) -> None:
    answer = made(site, "pkcs1", "sha256").but(**changes)
    assert openssl_verifies(tmp_path, answer.der()) is None
    assert not pyhanko_verifies(answer.der())
    with pytest.raises(f.SignatureInvalid):
        ours(site, answer, answer.der())


def openssl_signs(folder: Path, card: Card, challenge: str, *options: str) -> bytes:
    """An attached answer as the command line program makes it."""
    pem = Encoding.PEM
    key = card.key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption())
    (folder / "card.pem").write_bytes(card.certificate.public_bytes(pem) + key)
    (folder / "challenge").write_bytes(challenge.encode())
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer", "card.pem",
               "-in", "challenge", "-out", "signed.der", *options]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "signed.der").read_bytes()


PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("options", [(), PSS], ids=["pkcs1", "pss"])
def test_answer_made_by_openssl(site: Site, tmp_path: Path, hash_name: str, options: tuple[str, ...]) -> None:
    answer = Answer(card=issue(), challenge=site.issue())
    der = openssl_signs(tmp_path, answer.card, answer.challenge, "-nosmimecap", "-md", hash_name, *options)
    assert ours(site, answer, der) == "王小明"


def test_answer_made_by_openssl_with_an_elliptic_curve(site: Site, tmp_path: Path) -> None:
    answer = Answer(card=issue(CARDS["ec"]), challenge=site.issue())
    der = openssl_signs(tmp_path, answer.card, answer.challenge, "-nosmimecap", "-md", "sha384")
    assert ours(site, answer, der) == "王小明"


@pytest.mark.parametrize("option", ["-noattr", "-nocerts", "-keyid"])
def test_shape_that_openssl_accepts_and_we_do_not(site: Site, tmp_path: Path, option: str) -> None:
    """OpenSSL knows many shapes; the old component makes one, and only that one is accepted."""
    answer = Answer(card=issue(), challenge=site.issue())
    der = openssl_signs(tmp_path, answer.card, answer.challenge, "-nosmimecap", "-md", "sha256", option)
    if option != "-nocerts":
        assert openssl_verifies(tmp_path, der) == answer.challenge.encode()
    with pytest.raises(f.TokenMalformed):
        ours(site, answer, der)
