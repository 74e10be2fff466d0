"""Challenges and the store in memory."""

import base64
import threading

import pytest

from cardlogin_server import Challenges, MemoryChallengeStore, Purpose
from cardlogin_server.challenge import ChallengeRecord
from cardlogin_server.failures import ChallengeExpired, ChallengeUnknown, ChallengeUsed
from tests.unit.cardlogin_server.pki import NOW
from tests.unit.cardlogin_server.site import Time

RECORD = ChallengeRecord("hash", Purpose.LOGIN, NOW)


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Recording:
    """A store that writes down what it is given."""

    def __init__(self) -> None:
        self.kept = ""

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        self.kept += f"{key} {record} {seconds}"

    def get(self, key: str) -> ChallengeRecord | None:
        raise NotImplementedError(key)

    def claim(self, key: str, seconds: int) -> bool:
        raise NotImplementedError(key)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_text_is_32_random_bytes_a_dot_and_the_purpose(purpose: Purpose) -> None:
    challenges = Challenges(MemoryChallengeStore())
    first, second = challenges.issue("s", purpose), challenges.issue("s", purpose)
    noise, dot, name = first.partition(".")
    assert (len(noise), dot, name) == (44, ".", purpose.value)
    assert len(base64.b64decode(noise, validate=True)) == 32
    assert first != second


def test_purposes_are_those_of_the_protocol() -> None:
    assert {purpose.value for purpose in Purpose} == {
        "login", "bind", "activate", "unlock", "reset", "unbind", "test",
    }  # fmt: skip


def test_each_purpose_can_be_taken() -> None:
    challenges = Challenges(MemoryChallengeStore())
    for purpose in Purpose:
        text = challenges.issue("s", purpose)
        challenges.take(text, "s", purpose)
        with pytest.raises(ChallengeUsed):
            challenges.take(text, "s", purpose)


def test_empty_session_gets_no_challenge() -> None:
    with pytest.raises(ValueError, match="session"):
        Challenges(MemoryChallengeStore()).issue("", Purpose.LOGIN)


@pytest.mark.parametrize(
    "text",
    ["", ".", "login", "A" * 43 + "=", "A" * 43 + "=.login\n", "A" * 42 + "==.login", "\ud800", "A" * 1_000_000],
)
def test_text_of_another_shape(text: str) -> None:
    with pytest.raises(ChallengeUnknown):
        Challenges(MemoryChallengeStore()).take(text, "s", Purpose.LOGIN)


def test_store_keeps_neither_challenge_nor_session() -> None:
    store = Recording()
    text = Challenges(store).issue("session-secret", Purpose.LOGIN)
    assert store.kept.endswith(" 900")
    assert text not in store.kept
    assert "session-secret" not in store.kept


def test_expired_and_used_are_told_from_unknown_for_900_seconds() -> None:
    time, seconds = Time(), Seconds()
    challenges = Challenges(MemoryChallengeStore(monotonic=seconds), time)
    text, used = challenges.issue("s", Purpose.LOGIN), challenges.issue("s", Purpose.LOGIN)
    challenges.take(used, "s", Purpose.LOGIN)
    time.pass_by(899)
    seconds.now = 899
    with pytest.raises(ChallengeUsed):
        challenges.take(used, "s", Purpose.LOGIN)
    with pytest.raises(ChallengeExpired):
        challenges.take(text, "s", Purpose.LOGIN)
    seconds.now = 900
    for each in (text, used):
        with pytest.raises(ChallengeUnknown):
            challenges.take(each, "s", Purpose.LOGIN)


def test_store_claims_once() -> None:
    store = MemoryChallengeStore()
    assert not store.claim("k", 900)
    store.put("k", RECORD, 900)
    assert store.get("k") == RECORD
    assert store.claim("k", 900)
    assert not store.claim("k", 900)
    assert store.get("k") == RECORD


def test_store_forgets_after_its_time() -> None:
    seconds = Seconds()
    store = MemoryChallengeStore(monotonic=seconds)
    store.put("k", RECORD, 10)
    seconds.now = 10
    assert store.get("k") is None
    assert not store.claim("k", 900)


def test_store_is_bounded_and_the_oldest_goes_first() -> None:
    store = MemoryChallengeStore(limit=3)
    for key in "abcd":
        store.put(key, RECORD, 900)
    assert [key for key in "abcd" if store.get(key)] == ["b", "c", "d"]
    assert not store.claim("a", 900)


def test_store_drops_what_has_run_out_before_what_has_not() -> None:
    seconds = Seconds()
    store = MemoryChallengeStore(limit=3, monotonic=seconds)
    store.put("old", RECORD, 10)
    store.put("young", RECORD, 900)
    seconds.now = 11
    store.put("new", RECORD, 900)
    store.put("newer", RECORD, 900)
    assert [key for key in ("old", "young", "new", "newer") if store.get(key)] == ["young", "new", "newer"]


def test_store_claims_once_among_threads() -> None:
    store = MemoryChallengeStore()
    store.put("k", RECORD, 900)
    together = threading.Barrier(16)
    wins: list[bool] = []

    def claim() -> None:
        together.wait()
        wins.append(store.claim("k", 900))

    threads = [threading.Thread(target=claim) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wins.count(True) == 1
    assert len(wins) == 16
