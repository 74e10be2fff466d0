"""A page's PIN through daemon's side and real card host, with the HiCOS-like driver and no screen to ask at."""

import asyncio
from pathlib import Path

import pytest

from agent.card.client import CardHost
from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, OldAsk, RawAsk
from agent.failures import FailureError
from agent.settings import CardSettings
from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import PinCodes, PinPad, crash, hang, remove
from tests.stand.asking import ORIGIN
from tests.stand.hicos import start_hicos
from tests.stand.parts import PIN
from tests.unit.agent.envelopes import block, digest_info
from tests.unit.agent.fakes import card_host
from tests.unit.agent.host_programs import seen

WRONG = "000000"
SIGN = CmsAsk(b"TBS")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> HicosDriver:
    """The driver with the cards of a citizen and a company."""
    cards = (pki / "cards" / f"{name}.json" for name in ("citizen", "company"))
    return start_hicos(tmp_path_factory.mktemp("hicos") / "cards", *cards)


@pytest.fixture
def hicos(made: HicosDriver, monkeypatch: pytest.MonkeyPatch) -> HicosDriver:
    """The citizen's card in reader 1; there is no screen, so that an order for a person ends with no_prompt."""
    made.reset()
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def host(hicos: HicosDriver, tmp_path: Path) -> CardHost:
    """The daemon's side."""
    # A row that is not installed here: otherwise all rows for citizens are looked for, too.
    settings = CardSettings(drivers=("hca",), modules=(str(hicos.module),), prompt="window")
    return card_host(settings, tmp_path / "language")


def order(work: CmsAsk | RawAsk | DecryptAsk | ListAsk, pin: str = PIN, *, permitted: bool = True) -> HostOrder:
    """An order of a page."""
    return HostOrder(ORIGIN, "", "en", old=OldAsk(work, permitted=permitted, pin=pin), tells=permitted)


async def outcome(host: CardHost, asked: HostOrder) -> HostAnswer | tuple[str, int | None]:
    """The answer, or the code and the tries of a failure."""
    try:
        return await host.carry_out(asked)
    except FailureError as failure:
        return failure.code.value, failure.tries_left
    finally:
        await host.idle()


async def test_right_pin_signs_without_a_window(host: CardHost, hicos: HicosDriver) -> None:
    found = await outcome(host, order(SIGN))
    assert isinstance(found, HostAnswer)
    assert found.signed is not None
    assert found.signed.card_number == hicos.cards["citizen"].serial
    assert hicos.calls().count("C_Login") == hicos.calls().count("C_Logout") == 1


async def test_right_pin_decrypts_without_a_window(host: CardHost, hicos: HicosDriver) -> None:
    (item,) = [one for one in hicos.cards["citizen"].contents.items if one.key_id == "KEYX"]
    found = await outcome(host, order(DecryptAsk(block(item.certificate, b"secret"), enveloped=False)))
    assert isinstance(found, HostAnswer)
    assert found.plain == b"secret"


@pytest.mark.parametrize("flags", [False, True])
@pytest.mark.parametrize("codes", [PinCodes.VENDOR, PinCodes.WIDE, PinCodes.PLAIN])
async def test_two_tries_of_a_page_and_never_the_last(
    host: CardHost, hicos: HicosDriver, codes: PinCodes, flags: bool
) -> None:
    hicos.set(pin_codes=codes, pin_flags=flags)
    outcomes = [await outcome(host, order(SIGN, WRONG)) for _ in range(4)]
    assert [found[0] for found in outcomes if isinstance(found, tuple)] == ["pin_wrong"] * 2 + ["no_prompt"] * 2
    assert hicos.cards["citizen"].tries == 1
    assert hicos.calls().count("C_Login") == 2
    if codes is not PinCodes.PLAIN:
        assert outcomes[:2] == [("pin_wrong", 2), ("pin_wrong", 1)]


@pytest.mark.parametrize("pin", ["12345", "123456789"])
async def test_pin_of_a_wrong_length_costs_none(host: CardHost, hicos: HicosDriver, pin: str) -> None:
    assert await outcome(host, order(SIGN, pin)) == ("pin_malformed", None)
    assert hicos.cards["citizen"].tries == 3
    assert "C_GetSlotList" not in hicos.calls()


async def test_what_a_person_has_to_decide_is_asked(host: CardHost, hicos: HicosDriver) -> None:
    assert await outcome(host, order(RawAsk(digest_info("sha256", b"TBS")))) == ("no_prompt", None)
    assert await outcome(host, order(SIGN, permitted=False)) == ("no_prompt", None)
    hicos.set(pinpad=PinPad.enter(PIN))
    assert await outcome(host, order(SIGN)) == ("no_prompt", None)
    hicos.reset()
    hicos.insert(hicos.cards["company"], 2)
    assert await outcome(host, order(SIGN)) == ("no_prompt", None)
    assert "C_Login" not in hicos.calls()


async def test_reader_without_a_card_is_told_at_once(host: CardHost, hicos: HicosDriver) -> None:
    hicos.remove()
    code, _ = await outcome(host, order(SIGN))  # type: ignore[misc]
    assert code in ("no_card", "no_service")


async def test_list_needs_no_window(host: CardHost, hicos: HicosDriver) -> None:
    found = await outcome(host, order(ListAsk(certificates=True), ""))
    assert isinstance(found, HostAnswer)
    assert found.listing is not None
    token = found.listing.readers[0].token
    assert token is not None
    assert [item.key_id for item in token.certificates] == [b"SIGN", b"KEYX", b"CACert", b"ROOTCACert"]


async def test_list_beside_another_host(host: CardHost, hicos: HicosDriver) -> None:
    both = await asyncio.gather(*(outcome(host, order(ListAsk(), "")) for _ in range(2)))
    assert all(isinstance(found, HostAnswer) and found.listing for found in both)


@pytest.mark.parametrize(("fault", "code"), [(crash("C_Login"), "host_failed"), (remove("C_Login"), "card_removed")])
async def test_driver_that_crashes_with_the_pin_or_loses_the_card(
    host: CardHost, hicos: HicosDriver, fault: object, code: str
) -> None:
    with hicos.faulty(fault):  # type: ignore[arg-type]
        assert await outcome(host, order(SIGN)) == (code, None)
    hicos.insert(hicos.cards["citizen"])
    assert isinstance(await outcome(host, order(SIGN)), HostAnswer)


async def test_driver_that_hangs_in_the_list_is_told(host: CardHost, hicos: HicosDriver) -> None:
    with hicos.faulty(hang("C_GetTokenInfo")):
        assert await outcome(host, order(ListAsk(), "")) == ("reader_hung", None)


async def test_page_that_goes_while_the_driver_looks_costs_no_try(host: CardHost, hicos: HicosDriver) -> None:
    with hicos.faulty(hang("C_GetTokenInfo")):
        running = asyncio.create_task(host.carry_out(order(SIGN, WRONG)))
        await seen(lambda: "C_GetTokenInfo" in hicos.calls())
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await host.idle()
    assert "C_Login" not in hicos.calls()
    assert hicos.cards["citizen"].tries == 3
