"""Styles in which our own window asks, and those that leave or lose the popup."""

from agent.permissions import Decision
from tests.hipki.portals import Kind
from tests.hipki.proofs import readers, signed_data
from tests.hipki.rows import Click, Style
from tests.hipki.styles_lists import EVERYWHERE, UNLISTED
from tests.hipki.styles_signing import SIGN
from tests.stand.parts import PIN

_REQUEST = {**SIGN, "tbs": "TBS", "pin": "000000"}
_ASK = {"encode": "values", "request": _REQUEST, "checks": ["zero", "serial"]}
_ERRORS = {"encode": "values", "request": _REQUEST}
_GOOD = signed_data(b"TBS")
_NOT_PERMITTED, _CANCELLED = 0x76000031, 0x76000999
_CUT = "the portal's own header Cross-Origin-Opener-Policy: same-origin cuts every window off that it opens"

STYLES: tuple[Style, ...] = (
    Style("our window asks for the PIN", _ASK, (Click((PIN,), proof=_GOOD),), EVERYWHERE, Decision.ALLOW, signatures=1,
          ends=UNLISTED),
    Style("unknown site, the person says yes", _ASK, (Click(("yes", PIN), proof=_GOOD), Click((PIN,), proof=_GOOD)),
          (Kind.PUBLIC, Kind.PLAIN_LOOPBACK), None, signatures=2),
    Style("unknown site, the person says no", _ERRORS, (Click(("no",), code=_NOT_PERMITTED),), decision=None,
          signatures=0),
    Style("unknown site looks for readers", {"request": {"func": "CheckEnvir"}, "checks": ["zero", "slots"]},
          (Click(("yes",), proof=readers(1, serials=True)),), decision=None),
    Style("refused site", _ERRORS, (Click(code=0x7600000F),), decision=Decision.DENY, signatures=0),
    Style("addDomain", _ERRORS, (Click(("no",), code=_NOT_PERMITTED),
          Click(("yes",), verdict="trusted", button="#trust"), Click((PIN,), proof=_GOOD)),
          (Kind.PUBLIC, Kind.PLAIN_LOOPBACK, Kind.PLAIN), None, signatures=1),
    Style("addDomain, the person says no", _ERRORS,
          (Click(("no",), verdict="not trusted", code=_NOT_PERMITTED, button="#trust"),), decision=None),
    Style("two portals at once", _ERRORS, (Click((PIN,), proof=_GOOD),), (Kind.PUBLIC, Kind.PLAIN_LOOPBACK),
          Decision.ALLOW, signatures=1, beside=Kind.LOOPBACK),
    Style("the person cancels", _ERRORS, (Click(("escape",), code=_CANCELLED),), decision=Decision.ALLOW, signatures=0),
    Style("timer that is never stopped", {**_ASK, "keepsClock": True, "clock": 3500},
          (Click(verdict="not installed"), Click((PIN,), proof=_GOOD)), decision=Decision.ALLOW, signatures=1),
    Style("page that closes the window early", {**_ASK, "leaves": 1500},
          (Click(verdict="left"), Click((PIN,), proof=_GOOD)), decision=Decision.ALLOW, signatures=1),
    Style("opener policy same-origin", {**_ERRORS, "polls": True}, (Click(verdict="window closed"),), policy="/cut",
          signatures=0, why=_CUT),
    Style("opener policy same-origin-allow-popups", {**_ASK, "request": {**_REQUEST, "pin": PIN}},
          (Click(proof=_GOOD),), policy="/kept", signatures=1),
)  # fmt: skip
