"""The published Web eID tokens (ES384, RS256, PS256) are judged right under their clocks: what others accept, we do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cardlogin_server import failures as f
from cardlogin_server.answers.token import parse_token
from cardlogin_server.certificates.leaf import check_leaf, read_leaf
from cardlogin_server.certificates.profile import PRODUCTION_POLICIES
from tests.unit.cardlogin_server.web_eid import accept, prove, vectors

STRICTLY_READ = ("estonian-es384", "belgian-es384", "belgian-rs256")
TOLERANTLY_READ = ("finnish-ps256", "finnish-es384")
ACCEPTED = (*STRICTLY_READ, *TOLERANTLY_READ)


def test_all_published_tokens_are_judged_here() -> None:
    assert set(vectors()) == {*ACCEPTED, "latvian-rs256", "estonian-wrong-certificate"}
    assert {name for name, vector in vectors().items() if vector.expected == "accept"} == set(ACCEPTED)


@pytest.mark.parametrize("name", STRICTLY_READ)
def test_published_token(name: str) -> None:
    accept(vectors()[name], prove(vectors()[name]))


@pytest.mark.parametrize("name", TOLERANTLY_READ)
def test_published_token_with_an_irregular_certificate(name: str) -> None:
    accept(vectors()[name], prove(vectors()[name], tolerant=True))


@pytest.mark.parametrize("name", TOLERANTLY_READ)
def test_irregular_certificate_is_refused_unless_asked_for(name: str) -> None:
    with pytest.raises(f.TokenMalformed):
        prove(vectors()[name])


def test_token_whose_authority_is_not_published() -> None:
    # Its certificate is genuine as far as can be told: the signature fits, and no anchor is known for it.
    vector = vectors()["latvian-rs256"]
    leaf = prove(vector)
    with pytest.raises(f.CertificateUntrusted):
        accept(replace(vector, authority="test-of-esteid2018.cer"), leaf)


def test_token_with_another_persons_certificate() -> None:
    with pytest.raises(f.SignatureInvalid):
        prove(vectors()["estonian-wrong-certificate"])


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize(
    ("part", "value"), [("origin", "https://evil.example"), ("origin", "https://ria.ee/"), ("nonce", "x" * 44)]
)
def test_published_token_for_another_origin_or_nonce(name: str, part: str, value: str) -> None:
    vector = replace(vectors()[name], **{part: value})  # type: ignore[arg-type]
    with pytest.raises(f.SignatureInvalid):
        prove(vector, tolerant=True)


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize(("year", "failure"), [(2010, f.CertificateNotYetValid), (2040, f.CertificateExpired)])
def test_published_token_under_another_clock(name: str, year: int, failure: type[f.CardLoginError]) -> None:
    vector = vectors()[name]
    with pytest.raises(failure):
        accept(vector, prove(vector, tolerant=True), datetime(year, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ACCEPTED)
def test_published_token_under_another_authority(name: str) -> None:
    other = "test-of-esteid-sk-2015.cer"
    vector = vectors()[name]
    with pytest.raises(f.CertificateUntrusted):
        accept(replace(vector, authority=other), prove(vector, tolerant=True))


@pytest.mark.parametrize("name", sorted(vectors()))
def test_foreign_card_is_none_of_ours(name: str) -> None:
    leaf = read_leaf(vectors()[name].certificate(), ACCEPT_CERTIFICATES_THAT_BREAK_DER=True)
    with pytest.raises(f.CertificatePolicyRefused):
        check_leaf(leaf, PRODUCTION_POLICIES)


@pytest.mark.parametrize("name", sorted(vectors()))
def test_token_exactly_as_published(name: str) -> None:
    """Only the two plain ones have exactly the five fields; the others carry the extension's or an early app's own."""
    vector = vectors()[name]
    if name.startswith("estonian"):
        assert parse_token(vector.text).algorithm == "ES384"
    else:
        with pytest.raises(f.TokenMalformed, match="exactly the five fields"):
            parse_token(vector.text)
