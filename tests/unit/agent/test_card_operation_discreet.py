"""A site without a remembered permission learns neither from the answer nor from its time what was in the reader."""

from collections.abc import Callable

import pytest

from agent.card.operation import ENTRY_LIMIT, LOOK_LIMIT, SIGN_LIMIT
from agent.failures import Code, FailureError, catalogue
from tests.unit.agent.operation_bench import Bench, card

CANCELLED = ("user_cancelled", None)
# All of them: a driver may say that somebody has cancelled, or that a time is up, where nobody has and none is.
CODES = [row.code for row in catalogue()]


def seen(found: object) -> Callable[[Bench], None]:
    """The driver's look ends so."""

    def arrange(bench: Bench) -> None:
        bench.cards.seen = found  # type: ignore[assignment]
        bench.step()

    return arrange


def no_driver(bench: Bench) -> None:
    """No driver can be loaded."""
    bench.driver_failure = FailureError(Code.NO_DRIVER)
    bench.step()


def hangs(bench: Bench) -> None:
    """The driver does not come back."""
    bench.hang(LOOK_LIMIT + 1)


def comes_late(bench: Bench) -> None:
    """There is no card at first, and one after a minute."""
    seen(FailureError(Code.NO_CARD))(bench)
    bench.cards.seen = card()
    bench.step(60)


STATES: dict[str, Callable[[Bench], None]] = {
    "a card": seen(card()),
    "a card on its last try": seen(card(1)),
    "a locked card": seen(card(0)),
    "two cards": seen((card(), card(holder="陳小美"))),
    "an expired card": seen(card(problem=Code.CERTIFICATE_EXPIRED)),
    "somebody else's card": seen(card(problem=Code.CERTIFICATE_NOT_WANTED)),
    "a card with a PIN-pad": seen(card(pinpad=True)),
    "no driver": no_driver,
    "a hanging driver": hangs,
    "a late card": comes_late,
    "a broken driver": seen(ValueError("x")),
    **{f"look: {code.value}": seen(FailureError(code)) for code in CODES},
}


@pytest.fixture(params=STATES)
def discreet(request: pytest.FixtureRequest) -> Bench:
    """An operation for such a site, with something in the reader or wrong with it."""
    bench = Bench(tells=False)
    STATES[request.param](bench)
    assert bench.operation.answer is None, "the time would tell"
    return bench


def test_person_who_closes_the_window_has_cancelled_and_that_is_all(discreet: Bench) -> None:
    discreet.operation.cancel()
    assert discreet.answer == CANCELLED


def test_left_alone_it_never_ends_by_itself(discreet: Bench) -> None:
    for _ in range(100):
        discreet.step(ENTRY_LIMIT / 10)
        discreet.hang(1.0)
    assert discreet.operation.answer is None, "only the daemon knows when"


def test_prompt_that_breaks_after_the_look_is_no_end_that_a_site_sees(discreet: Bench) -> None:
    discreet.operation.fail(Code.NO_PROMPT)
    assert discreet.answer == ("host_failed", None)
    assert discreet.operation.answer is not None
    assert not discreet.operation.answer.told


def test_person_may_want_the_site_to_be_told() -> None:
    for name, code in (
        ("a locked card", "pin_locked"), ("an expired card", "certificate_expired"), ("no driver", "no_driver"),
        ("somebody else's card", "certificate_not_wanted"), ("a hanging driver", "reader_hung"),
        ("look: no_card", "no_card"), ("a broken driver", "host_failed"),
    ):  # fmt: skip
        bench = Bench(tells=False)
        STATES[name](bench)
        bench.operation.tell()
        assert bench.answer[0] == code, name
        assert bench.operation.answer is not None
        assert bench.operation.answer.told


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.value)
def test_signature_that_fails_is_shown_and_told_to_the_person_alone(code: Code) -> None:
    bench = Bench(tells=False)
    bench.step()
    bench.cards.signed = FailureError(code, 2 if code is Code.PIN_WRONG else None)
    bench.submit()
    bench.step()
    assert bench.operation.answer is None
    bench.step(200.0)
    assert bench.operation.answer is None
    assert code.value in str(bench.view.shown)
    bench.operation.cancel()
    assert bench.answer == CANCELLED


def test_hung_signature_is_told_to_the_person_alone() -> None:
    bench = Bench(tells=False)
    bench.step()
    bench.submit()
    bench.hang(SIGN_LIMIT + 1)
    bench.hang(60)
    assert bench.operation.answer is None
    bench.operation.cancel()
    assert bench.answer == CANCELLED


def test_token_is_given_as_to_anybody() -> None:
    bench = Bench(tells=False)
    bench.step()
    bench.submit()
    bench.step()
    assert bench.operation.answer is not None
    assert bench.operation.answer.token is not None


@pytest.mark.parametrize("tells", [True, False])
def test_what_a_host_before_has_ended_with_is_shown_and_no_card_is_touched(tells: bool) -> None:
    bench = Bench(tells=tells, failed="host_failed")
    for _ in range(30):
        bench.step(1.0)
    assert bench.view.shown == [("problem", Code.HOST_FAILED, None)]
    assert bench.cards.looks == 0
    bench.operation.cancel()
    assert bench.answer == (("host_failed", None) if tells else CANCELLED)
