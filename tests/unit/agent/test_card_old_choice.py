"""What an old page's order leaves to choose from: its reader, its key, its validity, the kind of key for its work."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.card import pcsc
from agent.card.card import Cards
from agent.card.frames import HostOrder
from agent.card.old_asks import CmsAsk, DecryptAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.card.pcsc import Reader
from agent.card.reader_names import cut
from agent.failures import Code
from agent.order import Wanted
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.session import CardToken
from tests.unit.agent.card_fakes import A, B, FakeModule, code_of, make, module, resets
from tests.unit.agent.certificates import certificate
from tests.unit.agent.envelopes import digest_info
from tests.unit.agent.fakes import ORIGIN

__all__ = ["make", "module", "resets"]

SIGN, DECRYPT = CmsAsk(b"TBS"), DecryptAsk(b"cipher")
RAW = RawAsk(digest_info("sha256", b"TBS"))
LONG = "Generic Smart Card Reader Interface with a name of more than 64 bytes 00 00"


def order(work: Any = SIGN, **more: Any) -> HostOrder:
    """An order of an old page."""
    return HostOrder(ORIGIN, "", "en", old=OldAsk(work, **more))


def found(cards: Cards, asked: HostOrder) -> list[tuple[str, bytes, Code | None]]:
    """Reader, CKA_ID and problem of what there is to choose from."""
    return [(card.token.reader, card.certificate.key_id, card.problem) for card in cards.look(asked)]


@pytest.fixture
def two(make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey) -> Cards:
    """A card in each reader, with a certificate for signatures and one for encryption."""

    def both(holder: str) -> dict[bytes, bytes]:
        return {b"\1": certificate(rsa_key, holder), b"\2": certificate(rsa_key, holder, digital_signature=False)}

    return make(FakeModule([A, B], {A.reader: both("A"), B.reader: both("B")}))


def test_any_reader_and_the_signing_key(two: Cards) -> None:
    assert found(two, order()) == [
        (A.reader, b"\1", None),
        (B.reader, b"\1", None),
        (A.reader, b"\2", Code.CERTIFICATE_ENCRYPTION_ONLY),
        (B.reader, b"\2", Code.CERTIFICATE_ENCRYPTION_ONLY),
    ]


def test_named_reader_alone(two: Cards) -> None:
    assert {reader for reader, _, _ in found(two, order(reader=B.reader))} == {B.reader}


def test_named_key_alone(two: Cards) -> None:
    wrong = {problem for _, _, problem in found(two, order(key_id=b"\2"))}
    assert wrong == {Code.CERTIFICATE_NOT_WANTED, Code.CERTIFICATE_ENCRYPTION_ONLY}
    assert found(two, order(reader=A.reader, key_id=b"\1"))[0] == (A.reader, b"\1", None)


def test_decryption_wants_the_encryption_key(two: Cards) -> None:
    assert found(two, order(DECRYPT, reader=A.reader)) == [
        (A.reader, b"\2", None), (A.reader, b"\1", Code.CERTIFICATE_NOT_WANTED),
    ]  # fmt: skip


def test_token_order_is_as_before(two: Cards) -> None:
    asked = HostOrder(ORIGIN, "A" * 44, "en", wanted=Wanted(issuer="another"))
    assert found(two, asked)[0][2] is Code.CERTIFICATE_NOT_WANTED


def test_what_a_page_wants_by_issuer_does_not_count_for_an_old_order(two: Cards) -> None:
    assert found(two, HostOrder(ORIGIN, "", "en", Wanted(issuer="another"), old=OldAsk(SIGN)))[0][2] is None


@pytest.mark.parametrize("named", [LONG, cut(LONG)])
def test_reader_is_found_by_its_whole_name_and_by_the_cut_one(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, named: str
) -> None:
    token = CardToken(cut(LONG), "1", "m")
    cards = make(FakeModule([token, B], {token.reader: certificate(rsa_key), B.reader: certificate(rsa_key, "B")}))
    assert found(cards, order(reader=named)) == [(token.reader, b"\1", None)]


@pytest.mark.parametrize("reader", ["Reader", "Reader A ", "reader a", "Reader Q", "0"])
def test_another_name_is_no_reader(two: Cards, reader: str) -> None:
    if cut(reader) == A.reader:  # blanks fill a name up
        assert found(two, order(reader=reader))[0][0] == A.reader
    else:
        assert code_of(lambda: two.look(order(reader=reader))) == (Code.NO_CARD, None)


def test_card_in_another_reader_than_the_named_one_is_no_reason(two: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Reader(A.reader, b"\x3b", present=True, exclusive=True, mute=False)
    monkeypatch.setattr(pcsc, "readers", lambda: [other])
    assert code_of(lambda: two.look(order(reader="Reader Q"))) == (Code.NO_CARD, None)


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (datetime(2040, 1, 1, tzinfo=UTC), Code.CERTIFICATE_EXPIRED),
        (datetime(2020, 1, 1, tzinfo=UTC), Code.CERTIFICATE_NOT_YET_VALID),
    ],
)
@pytest.mark.parametrize("work", [SIGN, DECRYPT, RAW])
def test_validity_counts_only_where_the_page_asks_for_it(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, now: datetime, problem: Code, work: Any
) -> None:
    der = certificate(rsa_key, digital_signature=work is not DECRYPT)
    cards = make(FakeModule([A], {A.reader: der}), now=now)
    assert found(cards, order(work))[0][2] is None
    assert found(cards, order(work, check_validity=True))[0][2] is problem


def test_token_order_still_looks_at_the_validity(make: Callable[..., Cards], module: FakeModule) -> None:
    cards = make(module, now=datetime(2040, 1, 1, tzinfo=UTC))
    assert found(cards, HostOrder(ORIGIN, "A" * 44, "en"))[0][2] is Code.CERTIFICATE_EXPIRED


@pytest.mark.parametrize(
    ("work", "problem"),
    [(SIGN, None), (Pkcs1Ask(b"TBS"), Code.CERTIFICATE_NOT_WANTED), (RAW, Code.CERTIFICATE_NOT_WANTED)],
)
def test_key_that_is_not_rsa_makes_signed_data_only(
    make: Callable[..., Cards], work: Any, problem: Code | None
) -> None:
    cards = make(FakeModule([A], {A.reader: certificate(ec.generate_private_key(ec.SECP384R1()))}))
    assert found(cards, order(work))[0][2] is problem
    if problem is not None:
        card = cards.look(order(work))[0]
        assert code_of(lambda: cards.sign(card, "123456", order(work)))[0] is problem


class Decrypting(FakeModule):
    """A module that cannot decrypt, and whose card may go away with that."""

    def __init__(self, der: bytes) -> None:
        super().__init__([A], {A.reader: der})
        self.blocks: list[bytes] = []
        self.leaves = False
        self.found: bytes | CardError = CardError(Fault.CIPHER_UNREADABLE)

    def decrypt(self, token: CardToken, shown: object, pin: object, block: bytes) -> bytes:
        """What is in a block."""
        self.blocks.append(block)
        if self.leaves:
            self.list = CardError(Fault.NO_CARD)
        if isinstance(self.found, CardError):
            raise self.found
        return self.found


@pytest.fixture
def decrypting(rsa_key: rsa.RSAPrivateKey) -> Decrypting:
    """A card with a certificate for encryption."""
    return Decrypting(certificate(rsa_key, digital_signature=False))


BLOCK = order(DecryptAsk(b"b" * 256, enveloped=False))


def test_decrypted_block_is_the_answer(make: Callable[..., Cards], decrypting: Decrypting, resets: list[str]) -> None:
    decrypting.found = b"secret"
    cards = make(decrypting)
    answer = cards.sign(cards.look(BLOCK)[0], "123456", BLOCK)
    assert (answer.plain, answer.signed, answer.token) == (b"secret", None, None)
    assert decrypting.blocks == [b"b" * 256]
    assert resets == []
    cards.reset()
    assert resets == [A.reader]


@pytest.mark.parametrize(("leaves", "code"), [(False, Code.CIPHER_UNREADABLE), (True, Code.CARD_REMOVED)])
def test_unreadable_block_is_told_and_the_card_reset(
    make: Callable[..., Cards], decrypting: Decrypting, resets: list[str], leaves: bool, code: Code
) -> None:
    cards = make(decrypting)
    card = cards.look(BLOCK)[0]
    decrypting.leaves = leaves
    assert code_of(lambda: cards.sign(card, "123456", BLOCK)) == (code, None)
    assert resets == [A.reader]


def test_envelope_for_somebody_else_reaches_no_card(
    make: Callable[..., Cards], decrypting: Decrypting, resets: list[str]
) -> None:
    cards = make(decrypting)
    asked = order(DecryptAsk(b"junk"))
    assert code_of(lambda: cards.sign(cards.look(asked)[0], "123456", asked)) == (Code.CIPHER_UNREADABLE, None)
    assert decrypting.blocks == []
    assert resets == []


def test_list_without_a_driver_says_so(make: Callable[..., Cards], module: FakeModule) -> None:
    assert code_of(lambda: make().listing(False)) == (Code.NO_DRIVER, None)
