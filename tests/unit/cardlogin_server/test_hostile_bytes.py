"""Whatever arrives, the verifier answers with an identity or with one of its own failures, and with nothing else."""

import base64
import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server import CardLoginError, Challenges, MemoryChallengeStore, Purpose
from tests.unit.cardlogin_server.pki import issue, moica
from tests.unit.cardlogin_server.site import SESSION, Site, make_fields

# PyCA warns about odd serial numbers and lengths in certificates that are refused a moment later.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@cache
def site() -> Site:
    """One portal for all examples: each takes a challenge of its own."""
    return Site()


def refused(token: str, challenge: str) -> str:
    with pytest.raises(CardLoginError) as caught:
        site().verify(token, challenge)
    return caught.value.code


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text(token: str, challenge: str) -> None:
    assert refused(token, challenge) == "token_malformed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(make_fields(issue(), "x"), JSON)),
    st.dictionaries(st.text(), JSON, max_size=2),
)
def test_any_json(known: dict[str, object], more: dict[str, object]) -> None:
    text = json.dumps(known | more)
    assert refused(text + " " * 100, "") in {"token_malformed", "algorithm_mismatch"}


@given(st.binary(min_size=1, max_size=600), st.binary(min_size=1, max_size=300))
def test_any_certificate_and_signature(certificate: bytes, signature: bytes) -> None:
    fields = make_fields(issue(), "x") | {
        "unverifiedCertificate": base64.b64encode(certificate).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    assert refused(json.dumps(fields), "x") == "token_malformed"


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_any_change_of_a_certificate(place: int, change: bytes) -> None:
    challenge = site().issue()
    card = issue()
    fields = make_fields(card, challenge)
    place %= len(card.der)
    bad = card.der[:place] + change + card.der[place + len(change) :]
    if bad == card.der:
        return
    fields["unverifiedCertificate"] = base64.b64encode(bad).decode()
    refused(json.dumps(fields), challenge)


@given(st.integers(0, 255), st.integers(1, 255))
def test_any_change_of_a_signature(place: int, change: int) -> None:
    challenge = site().issue()
    fields = make_fields(issue(), challenge)
    signature = bytearray(base64.b64decode(fields["signature"]))
    signature[place] ^= change
    fields["signature"] = base64.b64encode(signature).decode()
    assert refused(json.dumps(fields), challenge) == "signature_invalid"


@given(st.text())
def test_any_challenge(challenge: str) -> None:
    assert refused(json.dumps(make_fields(issue(), "x")), challenge) == "challenge_unknown"


@given(st.text(min_size=1), st.text())
def test_any_session(owner: str, other: str) -> None:
    challenges = Challenges(MemoryChallengeStore())
    text = challenges.issue(owner, Purpose.LOGIN)
    if other == owner:
        return
    with pytest.raises(CardLoginError) as caught:
        challenges.take(text, other, Purpose.LOGIN)
    assert caught.value.code == "challenge_session"


@pytest.mark.parametrize("der", [moica().der, moica().der[:-1], moica().der + b"\0", moica().der * 2])
def test_authority_as_leaf(der: bytes) -> None:
    challenge = site().issue()
    fields = make_fields(issue(), challenge) | {"unverifiedCertificate": base64.b64encode(der).decode()}
    assert refused(json.dumps(fields), challenge) in {"token_malformed", "signature_invalid"}


def test_site_still_works_after_all_of_it() -> None:
    challenge = site().issue()
    assert site().verify(json.dumps(make_fields(issue(), challenge)), challenge, session=SESSION).holder_name
