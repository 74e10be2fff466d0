"""The catalogue: every code of the protocol once, with words in both languages."""

import re
from datetime import UTC, datetime

import pytest

from cardlogin_server import CardLoginError
from cardlogin_server import failures as f
from cardlogin_server.messages import translate

CODES = {
    "token_malformed",
    "algorithm_mismatch",
    "signature_invalid",
    "challenge_unknown",
    "challenge_expired",
    "challenge_used",
    "challenge_purpose",
    "challenge_session",
    "certificate_unusable",
    "certificate_policy",
    "certificate_type",
    "certificate_not_yet_valid",
    "certificate_expired",
    "certificate_untrusted",
    "certificate_revoked",
    "certificate_suspended",
    "revocation_unknown",
    "identity_malformed",
}
ALL = CardLoginError.__subclasses__()


def test_every_code_has_one_class() -> None:
    assert sorted(kind.code for kind in ALL) == sorted(CODES)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.code)
def test_words_in_both_languages(kind: type[CardLoginError]) -> None:
    for text in (kind.meaning, kind.remedy):
        chinese, english = translate(text, "zh-Hant"), translate(text, "en")
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert chinese.endswith("。")
        assert re.fullmatch(r"[ -~]+\.", english)
        assert not set("<>&") & set(chinese + english)


def test_meanings_differ() -> None:
    assert len({kind.meaning for kind in ALL}) == len(ALL)


def test_facts_are_attributes() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert f.CertificateExpired(moment).not_after == moment
    assert f.CertificateNotYetValid(moment).not_before == moment
    assert f.CertificateSuspended(moment).since == moment
    assert f.CertificateRevoked(moment, "keyCompromise").reason == "keyCompromise"
    assert f.CertificatePolicyRefused(frozenset({"1.2"})).found == {"1.2"}
    assert f.RevocationUnknown(("a", "b")).attempts == ("a", "b")


def test_detail_is_in_the_text_for_the_log() -> None:
    error = f.TokenMalformed("not Base64")
    assert str(error) == "token_malformed: not Base64"
    assert error.detail == "not Base64"
