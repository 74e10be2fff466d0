"""A real module: SoftHSM2, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from tests.stand.parts import ROOT
from tests.stand.softhsm import MODULE, PIN, make_token
from tests.stand.waiting import LIMIT

DIGEST = bytes(range(32))
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
Talk = Callable[..., list[Any]]


def talk(environment: dict[str, str], *steps: dict[str, Any]) -> list[Any]:
    """What came of some steps, made one after the other in one process."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.unit.pkcs11_shims.softhsm_child"], cwd=ROOT, env={**os.environ, **environment},
        input=json.dumps(steps), capture_output=True, text=True, check=False, timeout=LIMIT,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-1500:]
    outcomes: list[Any] = json.loads(result.stdout)
    return outcomes


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory, rsa_key: rsa.RSAPrivateKey) -> dict[str, str]:
    """A token with an RSA key; the environment that selects it."""
    return make_token(tmp_path_factory.mktemp("softhsm") / "rsa", rsa_key)


def sign(**arguments: Any) -> dict[str, Any]:
    """The step that signs."""
    return {"do": "sign", "pin": PIN, "payload": DIGEST_INFO.hex(), **arguments}


def test_token_certificate_and_signature(token: dict[str, str], rsa_key: rsa.RSAPrivateKey) -> None:
    tokens, certificates, state, present, signature = talk(
        token, {"do": "tokens"}, {"do": "certificates"}, {"do": "pin state"}, {"do": "present"}, sign()
    )
    assert [manufacturer for _, manufacturer in tokens] == ["SoftHSM project"]
    ((key_id, label, der),) = certificates
    assert (key_id, label) == ("01", "sign")
    key = x509.load_der_x509_certificate(bytes.fromhex(der)).public_key()
    assert key == rsa_key.public_key()
    assert (state, present) == ([None, True, False], True)
    rsa_key.public_key().verify(bytes.fromhex(signature), DIGEST, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def test_elliptic_key_signs_a_bare_digest(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (signature,) = talk(make_token(tmp_path / "ec", key), sign(payload=DIGEST.hex(), scheme="ES"))
    raw = bytes.fromhex(signature)
    assert len(raw) == 64
    encoded = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(encoded, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))


def test_wrong_pin_is_told_and_the_right_one_works_in_a_new_process(token: dict[str, str]) -> None:
    (wrong,) = talk(token, sign(pin="654321"))
    assert wrong == {"fault": "pin_wrong", "tries": None, "detail": "0x000000A0"}
    (right,) = talk(token, sign())
    assert len(bytes.fromhex(right)) == 256


def test_wrong_pin_does_not_spoil_the_next_try_of_the_same_process(token: dict[str, str]) -> None:
    wrong, right = talk(token, sign(pin="654321"), sign())
    assert wrong["fault"] == "pin_wrong"
    assert isinstance(right, str)


def test_pss_signature_verifies(token: dict[str, str], rsa_key: rsa.RSAPrivateKey) -> None:
    (signature,) = talk(token, sign(payload=DIGEST.hex(), scheme="PS"))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    rsa_key.public_key().verify(bytes.fromhex(signature), DIGEST, pss, Prehashed(hashes.SHA256()))


def test_largest_key_signs(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 4096)
    (signature,) = talk(make_token(tmp_path / "rsa-4096", key), sign())
    key.public_key().verify(bytes.fromhex(signature), DIGEST, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def test_odd_requests_have_their_faults(token: dict[str, str]) -> None:
    short, pinpad, swapped, gone = talk(token, sign(pin="1"), sign(pin=None), sign(shown="another"), sign(gone=True))
    assert short["fault"] in ("pin_malformed", "pin_wrong")
    assert pinpad == {"fault": "pin_malformed", "tries": None, "detail": "no PIN-pad"}
    assert swapped["fault"] == "card_swapped"
    assert gone["fault"] == "card_removed"


def test_payload_that_does_not_fit_the_key_is_a_card_error(token: dict[str, str]) -> None:
    (outcome,) = talk(token, sign(payload="00" * 300))
    assert outcome["fault"] == "card_error"


def test_uninitialised_token_is_no_card(tmp_path: Path) -> None:
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\n")
    (outcome,) = talk({"SOFTHSM2_CONF": str(configuration)}, {"do": "tokens"})
    assert outcome["fault"] == "no_card"


def test_certificate_whose_label_is_not_utf8_does_not_make_the_card_unusable(
    tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    """Labels in Big5 exist on old cards."""
    environment = make_token(tmp_path / "token", rsa_key)
    command: list[str | bytes] = [
        "pkcs11-tool", "--module", MODULE, "--token-label", "test", "--login", "--pin", PIN, "--write-object",
        str(tmp_path / "token" / "certificate.der"), "--type", "cert", "--id", "02", "--label", "憑證".encode("big5"),
    ]  # fmt: skip
    subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True, timeout=LIMIT)
    (certificates,) = talk(environment, {"do": "certificates"})
    assert sorted(key_id for key_id, _, _ in certificates) == ["01", "02"]


def test_module_is_where_the_catalogue_says() -> None:
    assert Path(MODULE).is_file()
