"""Every state of the window, as an operation reaches it; the pictures in docs/ are made from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.card.frames import DriverAnswer, UnansweredError
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.card.operation import LOOK_LIMIT
from agent.failures import Code, FailureError
from pkcs11_shims.families import families
from tests.card.window_stage import Stage
from tests.unit.agent.operation_bench import card

CITIZEN, COMPANY = families()[:2]  # with the issuers' published pages and the one published telephone line
LOOK_ALIKE = "https://xn--80ak6aa92e.example"  # five Cyrillic letters that spell a Latin word
SIGNER = card(3, family=CITIZEN)
FIRM = card(3, "範例股份有限公司", family=COMPANY, reader="USB Reader (second)")
OLD = card(3, "陳美麗", Code.CERTIFICATE_EXPIRED, family=CITIZEN)
CIPHER = card(3, "王小明（加密）", Code.CERTIFICATE_ENCRYPTION_ONLY, family=CITIZEN)


@dataclass(frozen=True)
class WindowState:
    """A state: what is wished of the window, and how it is reached."""

    name: str
    reach: Callable[[Stage], None]
    wishes: dict[str, object] = field(default_factory=dict)
    dpi: int = 96


def _waiting(stage: Stage) -> None:
    stage.bench.hang(0.1)


def _pin(stage: Stage) -> None:
    stage.bench.cards.seen = SIGNER
    stage.ready()


def _typed(stage: Stage) -> None:
    _pin(stage)
    stage.press("1", "2", "3", "4", "5", "6")


def _wrong(stage: Stage) -> None:
    _typed(stage)
    stage.bench.cards.signed = FailureError(Code.PIN_WRONG, 2)
    stage.press("Return")
    stage.ready()


def _last_try(stage: Stage) -> None:
    stage.bench.cards.seen = card(1, family=CITIZEN)
    stage.ready()


def _last_try_asked(stage: Stage) -> None:
    _last_try(stage)
    stage.press("1", "2", "3", "4", "5", "6", "Return")


def _signing(stage: Stage) -> None:
    _typed(stage)
    stage.press("Return")


def _cancelling(stage: Stage) -> None:
    _signing(stage)
    stage.press("Escape")


def _choosing(stage: Stage) -> None:
    stage.bench.cards.seen = (SIGNER, FIRM, CIPHER, OLD)
    stage.ready()


def _failed(stage: Stage) -> None:
    _signing(stage)
    stage.bench.cards.signed = FailureError(Code.CARD_ERROR)
    stage.bench.cards.seen = (SIGNER, FIRM)
    stage.ready()
    stage.bench.watch()
    stage.ready()


def _others(stage: Stage) -> None:
    stage.bench.cards.seen = (SIGNER, CIPHER)
    stage.ready()


def _other_characters(stage: Stage) -> None:
    _letter_refused(stage)
    stage.press("Alt-l")
    stage.press("a", "B", "3")


def _letter_refused(stage: Stage) -> None:
    _pin(stage)
    stage.press("1", "2", "a")


def _full_width(stage: Stage) -> None:
    _pin(stage)
    stage.commit("１２３")


def _paste(stage: Stage) -> None:
    _pin(stage)
    stage.press("Control-v")


def _pinpad(stage: Stage) -> None:
    stage.bench.cards.seen = card(3, family=CITIZEN, pinpad=True, reader="Reader with keys")
    stage.ready()


def _countdown(stage: Stage) -> None:
    _pinpad(stage)
    stage.press("Return")
    stage.bench.hang(7.0)


def _hung(stage: Stage) -> None:
    stage.bench.hang(LOOK_LIMIT + 0.1)
    stage.pump()


def _problem(code: Code) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.bench.cards.seen = FailureError(code)
        stage.ready()

    return reach


def driver_asked(stage: Stage, *, wait: bool = True) -> None:
    """The question about a driver; without waiting, keys are still kept out."""
    stage.bench.cards.seen = UnansweredError(DriverAnswer("/home/user/lib/libexample_p11.so", "0" * 64, False))
    if wait:
        stage.ready()
    else:
        stage.bench.step()
        stage.pump()


def _unusable(tries: int, problem: Code) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.bench.cards.seen = (card(tries, problem=problem, family=CITIZEN), CIPHER)
        stage.ready()

    return reach


def _no_driver(stage: Stage) -> None:
    stage.bench.driver_failure = FailureError(Code.NO_DRIVER)
    stage.ready()


def _removed(stage: Stage) -> None:
    _pin(stage)
    stage.bench.cards.present_answer = False
    stage.bench.watch()
    stage.ready()


def _swapped(stage: Stage) -> None:
    _signing(stage)
    stage.bench.cards.signed = FailureError(Code.CARD_SWAPPED)
    stage.ready()


def _asked(stage: Stage) -> None:
    stage.ready()


def _left(stage: Stage) -> None:
    _pin(stage)
    stage.bench.operation.page_left()


_TEXT = (
    "申請書編號：20260731-0001\n申請人：王小明\n本人同意向範例市政府申請戶籍謄本一份，並以自然人憑證簽署本申請書。\n"
)
_SIGN = OldAsk(CmsAsk(_TEXT.encode()), permitted=True)
_LONG = OldAsk(CmsAsk(_TEXT.encode() * 1000, "sha1"), permitted=True, repeated=True)
_FIXED = OldAsk(CmsAsk(b"TBS"), permitted=True)
_BINARY = OldAsk(Pkcs1Ask(bytes(range(256))), permitted=True)
_RAW = OldAsk(RawAsk(bytes.fromhex("3031300d060960864801650304020105000420") + bytes(range(32))), permitted=True)
_DECRYPT = OldAsk(DecryptAsk(bytes(256), False), permitted=True)
_STRANGE = OldAsk(ListAsk(True))
_PLAIN = "http://intranet.example:8080"


STATES = (
    WindowState("waiting", _waiting),
    WindowState("pin", _pin),
    WindowState("pin-typed", _typed),
    WindowState("other-certificates", _others),
    WindowState("choosing", _choosing),
    WindowState("failed", _failed),
    WindowState("signing", _signing),
    WindowState("cancelling", _cancelling),
    WindowState("wrong-pin", _wrong),
    WindowState("last-try", _last_try),
    WindowState("last-try-asked", _last_try_asked),
    WindowState("letter-refused", _letter_refused),
    WindowState("other-characters", _other_characters),
    WindowState("full-width", _full_width),
    WindowState("paste-refused", _paste),
    WindowState("locked", _unusable(0, Code.PIN_LOCKED)),
    WindowState("not-activated", _unusable(3, Code.CARD_NOT_ACTIVATED)),
    WindowState("expired", _unusable(3, Code.CERTIFICATE_EXPIRED)),
    WindowState("no-reader", _problem(Code.NO_READER)),
    WindowState("no-card", _problem(Code.NO_CARD)),
    WindowState("no-service", _problem(Code.NO_SERVICE)),
    WindowState("card-busy", _problem(Code.CARD_BUSY)),
    WindowState("health-card", _problem(Code.CARD_UNSUPPORTED)),
    WindowState("card-removed", _removed),
    WindowState("card-swapped", _swapped),
    WindowState("driver-missing", _no_driver),
    WindowState("reader-hung", _hung),
    WindowState("driver-asked", driver_asked),
    WindowState("english-driver-asked", driver_asked, {"language": "en"}),
    WindowState("pinpad", _pinpad),
    WindowState("pinpad-countdown", _countdown),
    WindowState("idn", _pin, {"origin": "https://xn--fiq228c.example"}),
    WindowState("look-alike", _pin, {"origin": LOOK_ALIKE}),
    WindowState("long-origin", _pin, {"origin": f"https://{'a-long-name-of-a-department.' * 7}portal.example:8443"}),
    WindowState("developer", _pin, {"origin": "http://localhost:8000"}),
    WindowState("discreet", _unusable(3, Code.CERTIFICATE_EXPIRED), {"tells": False}),
    WindowState("english-discreet", _unusable(3, Code.CERTIFICATE_EXPIRED), {"language": "en", "tells": False}),
    WindowState("english", _wrong, {"language": "en"}),
    WindowState("english-choosing", _choosing, {"language": "en"}),
    WindowState("english-pin", _pin, {"language": "en"}),
    WindowState("english-last-try", _last_try, {"language": "en"}),
    WindowState("english-locked", _unusable(0, Code.PIN_LOCKED), {"language": "en"}),
    WindowState("old-site-asked", _asked, {"old": _STRANGE, "tells": False}),
    WindowState("english-old-site-asked", _asked, {"old": _STRANGE, "tells": False, "language": "en"}),
    WindowState("old-digest-asked", _asked, {"old": _RAW}),
    WindowState("english-old-digest-asked", _asked, {"old": _RAW, "language": "en"}),
    WindowState("old-text", _pin, {"old": _SIGN}),
    WindowState("english-old-text", _pin, {"old": _SIGN, "language": "en"}),
    WindowState("dark-old-text", _wrong, {"old": _SIGN, "dark": True}),
    WindowState("old-warnings", _last_try_asked, {"old": _LONG, "origin": _PLAIN}),
    WindowState("english-old-warnings", _last_try_asked, {"old": _LONG, "origin": _PLAIN, "language": "en"}),
    WindowState("dark-old-warnings", _pin, {"old": _LONG, "dark": True}),
    WindowState("old-most-warnings", _last_try_asked, {"old": _LONG, "origin": LOOK_ALIKE}),
    WindowState("old-fixed", _pin, {"old": _FIXED}),
    WindowState("old-binary", _pin, {"old": _BINARY}),
    WindowState("english-old-decrypt", _pin, {"old": _DECRYPT, "language": "en"}),
    WindowState("old-page-left", _left, {"old": _SIGN}),
    WindowState("english-old-page-left", _left, {"old": _SIGN, "language": "en"}),
    WindowState("old-large-text", _last_try_asked, {"old": _LONG, "text_scale": 1.25}),
    WindowState("old-scaled-200", _pin, {"old": _SIGN}, dpi=192),
    WindowState("dark", _wrong, {"dark": True}),
    WindowState("dark-choosing", _choosing, {"dark": True}),
    WindowState("dark-locked", _unusable(0, Code.PIN_LOCKED), {"dark": True}),
    WindowState("large-text", _last_try_asked, {"text_scale": 1.25}),
    WindowState("scaled-200", _choosing, dpi=192),
    WindowState("scaled-200-pin", _wrong, dpi=192),
)
