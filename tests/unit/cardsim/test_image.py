"""Card images are read whole and strictly, or refused in one sentence."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from cardsim.card.image import MAX_SIZE, load_image
from cardsim.card.keys import EcKey, RsaKey
from cardsim.card.pin import LastFailure
from cardsim.errors import SimulatorError

json_values = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.fixture
def fields(pki: Path) -> dict[str, Any]:
    """The fields of a good image."""
    fields: dict[str, Any] = json.loads((pki / "cards" / "ec.json").read_text())
    return fields


def _refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(SimulatorError) as error:
        load_image(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_good_image(pki: Path) -> None:
    image = load_image(pki / "cards" / "citizen.json")
    assert (image.name, image.holder, image.pin, image.tries) == ("citizen", "王小明", "123456", 3)
    assert image.last_failure is LastFailure.BLOCKED
    assert set(image.keys) == {0x9A, 0x9D}
    assert image.atr.hex() == "3b8b0180f9a0000003080000100048"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="cannot read the card image"):
        load_image(tmp_path / "none.json")


def test_too_large(tmp_path: Path) -> None:
    assert "too large" in _refused(tmp_path / "image", b" " * (MAX_SIZE + 1))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 50000, b'{"format": "cardlogin-card:1"}'])
def test_not_an_image(tmp_path: Path, content: bytes) -> None:
    assert "is not a card image" in _refused(tmp_path / "image", content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "cardlogin-card:2"),
        ("pin", "12345"),
        ("pin", "abcdef"),
        ("pin", "１２３４５６"),
        ("pin", 123456),
        ("puk", "123456789"),
        ("tries", 0),
        ("tries", 16),
        ("tries", True),
        ("tries", "3"),
        ("last_failure", "6A80"),
        ("name", ""),
        ("holder", "x" * 101),
        ("atr", "zz"),
        ("atr", "3b" * 34),
        ("guid", "00"),
        ("guid", 7),
        ("keys", []),
        ("keys", {"9B": {}}),
        ("keys", {"9A": {}}),
        ("keys", {"9A": {"certificate": "AA==", "key": "AA=="}}),
        ("keys", {"9A": {"certificate": "?", "key": "?"}}),
        ("surprise", 1),
    ],
)
def test_wrong_fields(tmp_path: Path, fields: dict[str, Any], field: str, value: object) -> None:
    fields[field] = value
    assert "is not a card image" in _refused(tmp_path / "image", json.dumps(fields).encode())


@given(json_values)
def test_any_json_is_refused_cleanly(tmp_path: Path, fields: dict[str, Any], value: Any) -> None:
    _refused(tmp_path / "image", json.dumps({**fields, "keys": value or {"": 1}}).encode())


def test_only_keys_a_card_can_hold(tmp_path: Path, fields: dict[str, Any]) -> None:
    others = (
        rsa.generate_private_key(65537, 3072),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )
    for key in others:
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fields["keys"] = {"9A": {"certificate": "AAAA", "key": base64.b64encode(der).decode()}}
        _refused(tmp_path / "image", json.dumps(fields).encode())


def test_raw_rsa_is_the_inverse_of_the_public_operation() -> None:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    block = b"\x00\x01" + bytes(range(254))
    result = RsaKey.of(key).apply(block)
    assert pow(int.from_bytes(result, "big"), numbers.e, numbers.n).to_bytes(256, "big") == block


def test_wrong_sizes_are_refused_by_the_keys() -> None:
    with pytest.raises(ValueError, match="2048"):
        RsaKey.of(rsa.generate_private_key(65537, 3072))
    with pytest.raises(ValueError, match="P-256"):
        EcKey.of(ec.generate_private_key(ec.SECP384R1()))
