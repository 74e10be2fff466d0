"""Styles that look for the component, its readers and certificates."""

from agent.permissions import Decision
from tests.hipki.portals import Kind
from tests.hipki.proofs import readers
from tests.hipki.rows import Brand, Cards, Click, Ends, Style

EVERYWHERE = (Kind.PUBLIC, Kind.LOOPBACK, Kind.PLAIN_LOOPBACK, Kind.PLAIN, Kind.UNLISTED)
FORBIDDEN = 0x7600000F
UNLISTED: Ends = {
    (None, Kind.UNLISTED): (
        "refused: zero",
        FORBIDDEN,
        "http of the internet may ask only where `[hipki] http` lists it",
    )
}
_BLOCKED = "the browser asks its person for access to this computer first, who has said no (Local Network Access)"
_PLAIN = "the browser gives a public page without encryption no access to this computer"
_LOADED: Ends = {
    (None, Kind.PUBLIC): ("blocked", 0, _BLOCKED),
    (Brand.CHROMIUM, Kind.PLAIN): ("blocked", 0, _PLAIN),
    (Brand.FIREFOX, Kind.PLAIN): ("waits", 0, "the browser waits for its person's answer"),
    (Brand.CHROMIUM, Kind.UNLISTED): ("blocked", 0, _PLAIN),
}
_LOADERS = (Kind.PUBLIC, Kind.GRANTED, Kind.LOOPBACK, Kind.PLAIN_LOOPBACK)
_CHECK = {"request": {"func": "CheckEnvir"}, "window": "元件檢查中", "checks": ["zero", "version", "slots", "func"]}
_CERTIFICATES = {"request": {"func": "GetUserCert"}, "window": "憑證讀取中", "checks": ["zero", "slots", "subject"]}
# Strangers are told what PC/SC knows; the driver of the tests has readers of its own.
_STRANGER, _KNOWN = Click(proof=readers(2, serials=False, cards=1)), Click(proof=readers(1, serials=True))

STYLES: tuple[Style, ...] = (
    Style("CheckEnvir (MOICA)", _CHECK, (_KNOWN,), EVERYWHERE, Decision.ALLOW, ends=UNLISTED),
    Style("ChtICToken environment check", {**_CHECK, "address": "/ChtPopupForm", "checks": ["version", "token"]},
          (_KNOWN,), decision=Decision.ALLOW),
    Style("many readers", _CHECK, (Click(proof=readers(3, serials=True, cards=3)),), decision=Decision.ALLOW,
          cards=Cards.MANY),
    Style("empty reader", _CHECK, (Click(proof=readers(1, serials=True)),), decision=Decision.ALLOW, cards=Cards.EMPTY),
    Style("no reader", _CHECK, (Click(proof=readers(0, serials=True)),), decision=Decision.ALLOW, cards=Cards.NONE),
    Style("certificates (GetUserCert)", _CERTIFICATES, (Click(proof=readers(1, serials=True, certificates=True)),),
          (Kind.PUBLIC, Kind.LOOPBACK, Kind.PLAIN_LOOPBACK, Kind.PLAIN), Decision.ALLOW),
    *(
        Style(f"{what}, {who}", {"way": way, "checks": ["zero", "version", "slots"]}, (click,), _LOADERS, decision,
              ends=_LOADED)
        for what, way in (("bitmap by canvas", "canvas"), ("bitmap as text", "text"), ("list by request", "direct"))
        for who, decision, click in (("unknown site", None, _STRANGER), ("permitted site", Decision.ALLOW, _KNOWN))
    ),
    Style("bitmap by canvas, page without encryption", {"way": "canvas", "checks": ["zero"], "patience": 3000},
          (_STRANGER,), (Kind.PLAIN,), None, ends=_LOADED),
)  # fmt: skip
