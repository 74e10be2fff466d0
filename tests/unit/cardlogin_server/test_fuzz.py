"""Every decoder under varied good input and under any bytes (Hypothesis), and some coverage-led fuzzing."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import is_full, seed_of
from tests.unit.cardlogin_server.fuzz.__main__ import fuzz
from tests.unit.cardlogin_server.fuzz.targets import TARGETS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
DECODERS = pytest.mark.parametrize("name", list(TARGETS))


@cache
def seeds(name: str) -> list[bytes]:
    return TARGETS[name].seeds()


@DECODERS
def test_good_input_reaches_the_end_of_its_decoder(name: str) -> None:
    # The first seed is good in every respect: fuzzing starts behind the first checks, not before them.
    TARGETS[name].decode(seeds(name)[0])


@DECODERS
@given(content=st.binary(max_size=400))
def test_any_bytes(name: str, content: bytes) -> None:
    TARGETS[name](content)


@DECODERS
@given(data=st.data())
def test_any_change_of_good_input(name: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(seeds(name))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 4))
        content[place : place + gone] = data.draw(st.binary(max_size=6))
    TARGETS[name](bytes(content))


@DECODERS
def test_every_beginning_of_good_input(name: str) -> None:
    content = seeds(name)[0]
    for length in range(0, len(content), max(1, len(content) // 200)):
        TARGETS[name](content[:length])


@pytest.mark.parametrize("name", ["revocation list", "OCSP answer", "certificate"])
@pytest.mark.parametrize("version", range(1, 6))
def test_structure_of_another_version(name: str, version: int) -> None:
    # Found by fuzzing: PyCA's InvalidVersion is no ValueError.
    for seed in seeds(name):
        for number in (b"\x02\x01\x00", b"\x02\x01\x01", b"\x02\x01\x02"):
            TARGETS[name](seed.replace(number, bytes((2, 1, version * 13)), 1))


def test_a_failure_that_is_not_allowed_is_a_finding() -> None:
    with pytest.raises(AssertionError):
        TARGETS["base64"].__class__(_fail, (ValueError,), list)(b"")


def _fail(content: bytes) -> None:
    raise AssertionError(content)


@pytest.mark.timeout(1800)  # half a million inputs are minutes of work
def test_coverage_led_fuzzing(pytestconfig: pytest.Config) -> None:
    inputs = 500_000 if is_full(pytestconfig) else 3_000
    result = fuzz(inputs=inputs, seed=seed_of(pytestconfig))
    assert result.finding == ""
    assert result.inputs == inputs, result.line()
