"""Styles that read the numbers of errors: PIN, certificate, functions that we do not have."""

from tests.hipki.portals import Kind
from tests.hipki.rows import Cards, Click, Style
from tests.hipki.styles_signing import SIGN, b64
from tests.stand.parts import PIN

_LOGIN, _UNSUPPORTED, _EXPIRED = 0x76100006, 1979711502, 0x76500002
_WRONG = {**SIGN, "tbs": "TBS", "pin": "000000"}
_BOTH = (Kind.PUBLIC, Kind.PLAIN_LOOPBACK)
_TWO, _ONE, _LENGTH, _LOCKED = -2147483646, -2147483647, 0xA2, 0xA4


def _asks(name: str, *clicks: Click, cards: Cards = Cards.ONE, address: str = "/popupForm", **fields: object) -> Style:
    """A style whose page shows an error; it makes no signature."""
    client = {"encode": "values", "address": address, "request": {**_WRONG, **fields}}
    return Style(name, client, clicks, cards=cards, signatures=0)


STYLES: tuple[Style, ...] = (
    Style("wrong PIN one, two, three, locked", {"encode": "values", "request": _WRONG},
          (Click(code=_LOGIN, last=_TWO), Click(code=_LOGIN, last=_ONE),
           Click(("000000", "escape"), code=_LOGIN, last=_LOCKED), Click(code=_LOGIN, last=_LOCKED)),
          _BOTH, cards=Cards.LOCKABLE, signatures=0),
    _asks("PIN too short", Click(code=_LOGIN, last=_LENGTH), pin="12345"),
    _asks("PIN too long", Click(code=_LOGIN, last=_LENGTH), pin="123456789"),
    _asks("PIN in Chinese", Click(code=_LOGIN, last=_LENGTH), pin="密碼密碼密碼"),
    _asks("expired certificate (checkValidity)", Click(code=_EXPIRED), cards=Cards.EXPIRED, pin=PIN,
          checkValidity="true"),
    _asks("sign without a reader", Click(code=0x76100003), cards=Cards.NONE, pin=PIN),
    _asks("sign without a card", Click(code=0x76000006), cards=Cards.EMPTY, pin=PIN),
    _asks("nothing to sign", Click(code=0x76000003), tbs="__NotExistedTag__", pin=PIN),
    _asks("Base64 that is none", Click(code=0x76600002), tbs="?", tbsEncoding="base64", pin=PIN),
    _asks("unknown kind of signature", Click(code=0x7600000C), signatureType="PKCS9", pin=PIN),
    _asks("cipher for another card", Click(code=0x76400003), func="DecryptData", cipherType="PKCS1",
          cipher=b64(bytes(256)), pin=PIN),
    *(
        _asks(f"unsupported: {func}", Click(code=_UNSUPPORTED), func=func, address=address)
        for func, address in (
            ("changeUserPINCode", "/ChtPopupForm"), ("umakeSig", "/popupForm"), ("makeCsr", "/popupForm"),
            ("writecert", "/popupForm"), ("unblockCard", "/CardManagement/CMCPopForm"), ("ListEID", "/popupForm"),
            ("getChallenge", "/ChtPopupForm"), ("nobodyKnowsIt", "/popupForm"),
        )
    ),
)  # fmt: skip
