"""Cards, frames and windows that are not as they should be: nothing freezes, nothing gets through."""

import threading
import tkinter as tk
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from agent.card.answers.certificate import read_certificate
from agent.card.card import Card
from agent.card.frames import FrameError, HostAnswer, HostOrder, decode
from agent.card.harmless import harmless
from agent.card.operation import ENTRY_LIMIT, State
from agent.card.prompts import prompt_window
from agent.card.prompts.origin_text import Remark, origin_text
from agent.card.prompts.window.theme import LIGHT
from agent.card.prompts.window.window import Window
from agent.failures import Code, FailureError
from pkcs11_shims.keys import Scheme
from pkcs11_shims.session import CardToken
from tests.stand.screen import Screen
from tests.unit.agent.certificates import certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN
from tests.unit.agent.operation_bench import Bench

ORDER = HostOrder(ORIGIN, CHALLENGE, "zh-Hant")


@pytest.mark.parametrize("body", [b'{"code": "\xff"}', b'{"\xff": 1}'])
def test_frame_that_is_not_utf8_is_a_frame_error(body: bytes) -> None:
    """msgspec raises UnicodeDecodeError, which is no DecodeError; the daemon then answers internal, not host_failed."""
    with pytest.raises(FrameError):
        decode(body, HostAnswer)


@pytest.mark.parametrize("version", [1, 3])
def test_certificate_of_an_unknown_version_is_a_value_error(version: int) -> None:
    """x509.InvalidVersion is no ValueError: one such certificate makes the whole card end with host_failed."""
    der = certificate(ec.generate_private_key(ec.SECP256R1()))
    place = der.index(bytes.fromhex("a003020102")) + 4
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(der[:place] + bytes([version]) + der[place + 1 :])


def test_ecdsa_signature_with_leading_zeros_is_not_in_the_tokens_form() -> None:
    """65 or 66 bytes are no P-256 signature (RFC 7518, 3.4); a token with them is refused by every server."""
    key = ec.generate_private_key(ec.SECP256R1())
    facts = read_certificate(certificate(key))
    r, s = decode_dss_signature(key.sign(b"message", ec.ECDSA(hashes.SHA256())))
    for sizes in ((33, 33), (32, 33), (40, 40)):
        assert not facts.verifies(r.to_bytes(sizes[0]) + s.to_bytes(sizes[1]), b"message", Scheme.ECDSA)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029"])
def test_line_and_paragraph_separator_are_not_shown(mark: str) -> None:
    """They are separators (Zl, Zp) and not controls, yet they break a line, so a name can fake a second row."""
    assert mark not in harmless(f"王小明{mark}Site: bank.example")


def test_time_to_type_begins_anew_after_a_wrong_pin() -> None:
    """120 s are for typing a PIN (design, section 3); after a wrong one only the rest of the first 120 s remains."""
    bench = Bench()
    bench.step()
    bench.now += ENTRY_LIMIT - 5
    bench.submit()
    bench.cards.signed = FailureError(Code.PIN_WRONG, 2)
    bench.step(3)
    bench.step(10)
    assert bench.operation.answer is None


@pytest.fixture
def root(screen: Screen) -> Iterator[tk.Tk]:
    """A window on the virtual screen."""
    root = tk.Tk(screenName=screen.display, className="Xft")
    root.withdraw()
    yield root
    root.destroy()


def card_until(moment: datetime, key: rsa.RSAPrivateKey) -> Card:
    """A card whose certificate ends at a moment."""
    facts = read_certificate(certificate(key, not_after=moment))
    nothing = cast(Any, None)
    return Card(nothing, CardToken("Reader", "1", "m"), nothing, facts, 3)


@pytest.mark.parametrize(
    "moment",
    [datetime(2031, 5, 6, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)],
    ids=["usual", "never ends"],
)
def test_certificate_without_an_end_can_be_shown(root: tk.Tk, rsa_key: rsa.RSAPrivateKey, moment: datetime) -> None:
    """RFC 5280, 4.1.2.5: 99991231235959Z means "no well-defined expiration date"; Taipei time overflows there."""
    window = Window(root, "digits", LIGHT, 1.0)
    window.begin(ORDER)
    window.show_card(card_until(moment, rsa_key), 0)


def test_bug_in_a_tick_ends_the_operation_and_does_not_freeze_the_window(root: tk.Tk) -> None:
    """Tk swallows the exception of a callback; the next tick is then never planned and nobody can even cancel."""

    class Broken:
        """An operation whose tick fails."""

        answer = None
        state = State.READY

        def tick(self) -> None:
            raise ValueError("bug")

    ended_by_itself = True

    def too_late() -> None:
        nonlocal ended_by_itself
        ended_by_itself = False
        root.quit()

    root.report_callback_exception = lambda *_: None  # the trace is not wanted here
    root.after(500, too_late)
    try:
        prompt_window.run_loop(root, cast(Any, Broken()), threading.Event())
    except ValueError:
        return
    assert ended_by_itself


@pytest.mark.parametrize(
    "origin",
    [
        "https://" + "a" * 60000 + ".example",
        "https://xn--" + "9" * 50000,
        "https://xn--a" + "-" * 60 + "9999999999",
        "https://xn--\u202egnp.example",
        "https://[",
        "https://xn--.example",
        "",
        "https://\x1b]0;title\x07.example",
        "https://portal.example\nSite: bank.example",
    ],
)
def test_no_origin_stops_the_window_or_brings_controls_into_it(origin: str) -> None:
    """The daemon admits only what browsers write; the host does not rely on it."""
    shown = origin_text(origin)
    assert all("!" <= character <= "~" or character == "\N{REPLACEMENT CHARACTER}" for character in shown.origin)
    assert shown.readable == ""
    assert shown.remark in (Remark.LOOK_ALIKE, Remark.NONE)
    assert len(shown.origin) == len(origin), "an origin is never cut"
