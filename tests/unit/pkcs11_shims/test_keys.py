"""Choice of the signing certificate."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import Candidate, CardCertificate, choose

IDS = (b"SIGN", b"\1")


def candidate(key_id: bytes, *, signs: bool = True, label: str = "") -> Candidate:
    """A certificate on a card."""
    return Candidate(CardCertificate(key_id, label, b"der"), signs)


def chosen(*candidates: Candidate) -> bytes | None:
    """The CKA_ID of the chosen certificate; None when there is none."""
    try:
        return choose(candidates, IDS).key_id
    except CardError as error:
        return None if error.fault is Fault.NO_CERTIFICATE else b"another fault"


def test_empty_card_has_no_certificate() -> None:
    assert chosen() is None


def test_encryption_certificate_is_never_chosen_whatever_its_id() -> None:
    assert chosen(candidate(b"SIGN", signs=False)) is None
    assert chosen(candidate(b"SIGN", signs=False), candidate(b"\x09")) == b"\x09"


def test_certificate_without_key_id_cannot_be_signed_with() -> None:
    assert chosen(candidate(b"")) is None


@pytest.mark.parametrize("order", list(itertools.permutations([b"\x09", b"\1", b"SIGN"])))
def test_id_of_the_drivers_row_decides_in_the_rows_order(order: tuple[bytes, ...]) -> None:
    assert chosen(*map(candidate, order)) == b"SIGN"


def test_unknown_ids_are_taken_in_the_order_of_the_card() -> None:
    assert chosen(candidate(b"\x0b"), candidate(b"\x0a")) == b"\x0b"


def test_label_does_not_decide() -> None:
    first, second = candidate(b"\1", label="encryption"), candidate(b"\x02", label="sign")
    assert choose([second, first], IDS) is first.certificate


@given(st.lists(st.builds(candidate, st.binary(max_size=4), signs=st.booleans()), max_size=8))
def test_any_card_gives_a_signing_certificate_or_none(candidates: list[Candidate]) -> None:
    usable = {item.certificate.key_id for item in candidates if item.digital_signature} - {b""}
    key_id = chosen(*candidates)
    assert key_id in usable if usable else key_id is None
