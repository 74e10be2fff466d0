"""Tokens with odd labels and slots."""

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pkcs11_shims.discovery import Found
from pkcs11_shims.session import Module
from tests.stand.softhsm import MODULE, PIN, make_token
from tests.unit.pkcs11_shims.test_session_fake import DRIVER, FakeLib, FakeSlot, FakeToken
from tests.unit.pkcs11_shims.test_session_softhsm import talk


def test_certificate_whose_label_is_not_utf8_does_not_make_the_card_unusable(
    tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    """Labels in Big5 exist on old cards; python-pkcs11 decodes them strictly, so the look ends with host_failed."""
    environment = make_token(tmp_path / "token", rsa_key)
    label = "憑證".encode("big5")
    command: list[str | bytes] = [
        "pkcs11-tool", "--module", MODULE, "--token-label", "test", "--login", "--pin", PIN, "--write-object",
        str(tmp_path / "token" / "certificate.der"), "--type", "cert", "--id", "02", "--label", label,
    ]  # fmt: skip
    subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True, timeout=30)
    (certificates,) = talk(environment, {"do": "certificates"})
    assert "01" in [key_id for key_id, _, _ in certificates]


def test_two_slots_of_one_card_are_both_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSC shows a card with two PINs as two slots of one reader and one serial; only the last one is kept."""
    first, second = FakeToken(), FakeToken()
    monkeypatch.setattr(
        "pkcs11_shims.session.pkcs11.lib", lambda path: FakeLib(FakeSlot(first), FakeSlot(second, slot_id=1))
    )
    module = Module(Found(DRIVER, Path("/fake.so")))
    assert len(module.tokens()) == 2
