"""What our popup asks for: who is the caller, what reaches the card host, and what comes back."""

import json
import logging
from typing import Any

import pytest

from agent.card.frames import HostAnswer
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, ListedReader, Listing
from agent.discretion import ToldError
from agent.failures import Code
from agent.permissions import Decision
from agent.readers import Reader
from agent.settings import HipkiSettings
from agent.web.hipki.rules import UNSUPPORTED
from agent.web.limits import Requests
from tests.unit.agent.fakes import ORIGIN
from tests.unit.agent.old_site import PIN, SIGN, OldSite

FORBIDDEN = 0x7600000F
LISTING = Listing((ListedReader(0, "Secret Reader 4711 00 00", "m", 7), ListedReader(1, "Other Reader 01 00", "m", 6)))


async def test_popup_signs_for_its_opener(old: OldSite) -> None:
    answer = await old.answer("/sign")
    assert (answer["func"], answer["ret_code"], answer["cardSN"]) == ("sign", 0, "TP0")
    [order] = old.host.old_orders
    assert (order.origin, order.language, order.tells, order.challenge) == (ORIGIN, "en", False, "")
    assert order.old is not None
    assert order.old.work == CmsAsk(b"text", nonce="n1")
    assert not order.old.permitted


async def test_popup_decrypts(old: OldSite) -> None:
    old.host.old_answer = HostAnswer(plain=b"plain")
    answer = await old.answer("/decrypt", {"func": "DecryptData", "cipher": "AAAA"})
    assert (answer["func"], answer["ret_code"], answer["plain"]) == ("decrypt", 0, "plain")
    assert [type(order.old.work) for order in old.host.old_orders if order.old] == [DecryptAsk]


async def test_answer_to_the_popup_is_for_its_own_page_and_clears_what_was_left(old: OldSite) -> None:
    reply = await old.post("/sign")
    assert reply.header("access-control-allow-origin") is None
    assert reply.header("cross-origin-resource-policy") == "same-origin"
    assert reply.header("cache-control") == "no-store"
    assert reply.header("clear-site-data") == '"cache", "storage"'


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:81", "http://portal.localhost:8000"]
)
async def test_page_of_this_computer_may_ask(old: OldSite, origin: str) -> None:
    assert (await old.answer("/sign", origin=origin))["ret_code"] == 0


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://portal.example", "http://localhost.example", "file://", "https://a.example/", "x" * 300],
)
@pytest.mark.parametrize("path", ["/sign", "/decrypt", "/pkcs11info", "/pkcs11info?withcert=true"])
async def test_other_origin_is_a_forbidden_domain(old: OldSite, origin: str, path: str) -> None:
    answer = await old.answer(path, {"tbs": "x", "cipher": "AAAA"}, origin)
    assert answer["ret_code"] == FORBIDDEN
    assert old.host.old_orders == []
    assert old.host.looks == []


async def test_refused_site_is_a_forbidden_domain(old: OldSite) -> None:
    await old.allow(ORIGIN, Decision.DENY)
    assert (await old.answer("/sign"))["ret_code"] == FORBIDDEN
    assert old.host.old_orders == []


class TestSettings:
    """What the settings add."""

    @pytest.fixture
    def settings(self) -> HipkiSettings:
        """An http page that may ask, and a site that may send PINs."""
        return HipkiSettings(http=("http://portal.example",), page_pin=(ORIGIN,))

    async def test_http_origin_of_the_settings_may_ask(self, old: OldSite) -> None:
        assert (await old.answer("/sign", origin="http://portal.example"))["ret_code"] == 0
        assert (await old.answer("/sign", origin="http://portal.example:81"))["ret_code"] == FORBIDDEN

    async def test_pin_of_a_site_of_the_settings_goes_on_once_the_person_has_permitted_it(self, old: OldSite) -> None:
        await old.answer("/sign", {**SIGN, "pin": PIN})
        await old.allow()
        await old.answer("/sign", {**SIGN, "pin": PIN, "nonce": "n2"})
        assert [order.old.pin for order in old.host.old_orders if order.old] == ["", PIN]


async def test_pin_of_a_site_that_the_person_lets_send_pins_goes_on(old: OldSite) -> None:
    await old.allow(ORIGIN, Decision.PAGE_PIN)
    await old.answer("/sign", {**SIGN, "pin": PIN})
    assert [(order.tells, order.old.pin) for order in old.host.old_orders if order.old] == [(True, PIN)]


@pytest.mark.parametrize("pin", ["1", "12345", "123456789", "12345中"])
@pytest.mark.parametrize("path", ["/sign", "/decrypt"])
async def test_pin_of_a_wrong_length_costs_no_try(old: OldSite, pin: str, path: str) -> None:
    await old.allow()
    answer = await old.answer(path, {**SIGN, "cipher": "AAAA", "pin": pin})
    assert (answer["ret_code"], answer["last_error"]) == (0x76100006, 0xA2)
    assert old.host.old_orders == []


@pytest.mark.parametrize(
    ("code", "tries", "ret_code", "last_error"),
    [
        (Code.PIN_WRONG, 2, 1980760070, -2147483646),
        (Code.PIN_WRONG, 1, 1980760070, -2147483647),
        (Code.PIN_LOCKED, None, 1980760070, 164),
        (Code.USER_CANCELLED, None, 0x76000999, 0),
        (Code.ORIGIN_NOT_PERMITTED, None, 0x76000031, 0),
        (Code.NO_CARD, None, 0x76000006, 0),
    ],
)
async def test_failure_is_an_answer_with_numbers(
    old: OldSite, code: Code, tries: int | None, ret_code: int, last_error: int
) -> None:
    old.host.old_answer = ToldError(code, tries)
    answer = await old.answer("/sign")
    assert (answer["func"], answer["ret_code"], answer["last_error"]) == ("sign", ret_code, last_error)


@pytest.mark.parametrize("body", [b"tbsPackage=", b"tbsPackage={", b"{}", b"tbsPackage=[1]", b"\xff"])
async def test_what_is_no_request_is_an_answer(old: OldSite, body: bytes) -> None:
    reply = await old.post("/sign", body)
    assert reply.status == 200
    assert json.loads(reply.body)["ret_code"] != 0
    assert old.host.old_orders == []


@pytest.mark.parametrize("path", UNSUPPORTED)
async def test_what_we_do_not_do_says_who_does(old: OldSite, path: str) -> None:
    answer = await old.answer(path, {"func": "changeUserPINCode", "newpin": PIN})
    assert (answer["func"], answer["ret_code"]) == ("changeUserPINCode", 1979711502)
    assert "moica" in answer["message2"]
    assert old.host.old_orders == []


@pytest.mark.parametrize("certificates", [False, True])
async def test_permitted_site_gets_the_readers_without_a_window(old: OldSite, certificates: bool) -> None:
    await old.allow()
    old.host.listing = LISTING
    answer = await old.answer("/pkcs11info?withcert=true" if certificates else "/pkcs11info", {"func": "x"})
    assert [slot["slotDescription"] for slot in answer["slots"]] == [reader.name for reader in LISTING.readers]
    assert old.host.old_orders == []
    assert [order.old.work for order in old.host.looks if order.old] == [ListAsk(certificates)]


async def test_unknown_site_has_the_person_asked_before_it_gets_the_readers(old: OldSite) -> None:
    old.host.old_answer = HostAnswer(listing=LISTING, permitted=True)
    answer = await old.answer("/pkcs11info", {"func": "CheckEnvir"})
    assert len(answer["slots"]) == 2
    assert [(order.old.work, order.old.permitted) for order in old.host.old_orders if order.old] == [(ListAsk(), False)]
    assert old.host.looks == []


@pytest.mark.parametrize("description", ["Reader 2", "Other Reader 01 00"])
async def test_one_reader_is_meant_by_its_name_or_by_its_number(old: OldSite, description: str) -> None:
    await old.allow()
    old.host.listing = LISTING
    answer = await old.answer("/pkcs11info", {"slotDescription": description})
    assert [slot["slotDescription"] for slot in answer["slots"]] == ["Other Reader 01 00"]
    await old.answer("/sign", {**SIGN, "slotDescription": description})
    assert [order.old.reader for order in old.host.old_orders if order.old] == ["Other Reader 01 00"]


@pytest.mark.parametrize("cut", [64, 255])
async def test_reader_with_a_long_name_is_meant_by_its_number(old: OldSite, cut: int) -> None:
    name = "Reader of a long name [Reader of a long name Interface] (2026120212345678) 00 00"
    old.watch.readers = (Reader(name, True),)
    await old.allow()
    old.host.listing = Listing((ListedReader(0, name[:cut], "m", 7), *LISTING.readers))
    for description in ("Reader 1", name, name[:cut]):
        answer = await old.answer("/pkcs11info", {"slotDescription": description})
        assert [slot["slotDescription"] for slot in answer["slots"]] == [name[:cut]]


async def test_same_content_again_is_told_to_the_person(old: OldSite) -> None:
    fields: list[dict[str, Any]] = [SIGN, SIGN, {**SIGN, "nonce": "n2"}, {**SIGN, "tbs": "other"}]
    for item in fields:
        await old.answer("/sign", item)
    await old.answer("/sign", SIGN, "https://other.example")
    assert [order.old.repeated for order in old.host.old_orders if order.old] == [False, True, False, False, False]


async def test_who_asks_too_often_is_answered_so(old: OldSite) -> None:
    await old.allow()
    codes = [(await old.answer("/pkcs11info"))["ret_code"] for _ in range(int(Requests.EACH.burst) + 20)]
    assert codes[0] == 0
    assert any(codes)


async def test_logs_have_no_word_of_what_was_asked(old: OldSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await old.allow(ORIGIN, Decision.PAGE_PIN)
    await old.answer("/sign", {**SIGN, "pin": PIN, "tbs": "hidden text", "nonce": "nonce4711"})
    old.host.old_answer = ToldError(Code.PIN_WRONG, 2)
    await old.answer("/sign", {**SIGN, "pin": PIN, "tbs": "hidden text 2", "nonce": "nonce4711"})
    await old.answer("/sign", {**SIGN, "pin": f"{PIN}4711", "tbs": "hidden text", "nonce": "nonce4711"})
    assert "/sign" in caplog.text
    assert not [word for word in (PIN, "hidden", "4711", "TP0") if word in caplog.text]


async def test_listing_is_looked_for_anew_after_news_of_a_reader(old: OldSite) -> None:
    await old.allow()
    for _ in range(3):
        await old.answer("/pkcs11info")
    assert len(old.host.looks) == 1
    old.host.listing = LISTING
    old.desk.listings.changed()
    assert len((await old.answer("/pkcs11info"))["slots"]) == 2
    assert len(old.host.looks) == 2
