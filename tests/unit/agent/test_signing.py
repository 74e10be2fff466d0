"""The way of an order: one at a time, one that waits a little, and a state that always ends."""

import asyncio
from dataclasses import replace

import pytest
from typing_extensions import override

from agent import signing as signing_module
from agent.card import process
from agent.failures import Code, FailureError
from agent.order import make_order
from agent.signing import Signing
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN, FakeHost

ORDER = make_order(ORIGIN, CHALLENGE, "zh-Hant")


@pytest.fixture
async def host() -> FakeHost:
    """A host without a card."""
    return FakeHost()


class TidyingHost(FakeHost):
    """A host whose last card is still being reset."""

    @override
    async def idle(self) -> None:
        self.begun.set()
        await self.release.wait()


async def works(signing: Signing, host: FakeHost) -> bool:
    """Whether the next order is signed."""
    host.answer = TOKEN
    host.release.set()
    return await signing.sign(ORDER) == TOKEN


async def test_order_gives_the_hosts_token_after_the_card_is_free(host: FakeHost) -> None:
    assert await Signing(host).sign(ORDER) == TOKEN
    assert host.orders == [ORDER]
    assert host.idle_calls == 1


async def test_second_order_is_busy_and_does_not_disturb_the_first(host: FakeHost) -> None:
    signing = Signing(host)
    host.hold()
    first = asyncio.create_task(signing.sign(ORDER))
    await host.begun.wait()
    for _ in range(3):
        with pytest.raises(FailureError) as caught:
            await signing.sign(ORDER)
        assert caught.value.code is Code.BUSY
    host.release.set()
    assert await first == TOKEN
    assert len(host.orders) == 1


async def test_order_waits_until_the_card_before_it_is_free() -> None:
    host = TidyingHost()
    host.hold()
    task = asyncio.create_task(Signing(host).sign(ORDER))
    await host.begun.wait()
    assert host.orders == []
    host.release.set()
    assert await task == TOKEN


async def test_order_waits_longer_than_a_host_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert signing_module.WAIT_LIMIT > process.END_LIMIT + process.KILL_LIMIT
    monkeypatch.setattr(signing_module, "WAIT_LIMIT", 0.05)
    host = TidyingHost()
    host.hold()
    signing = Signing(host)
    with pytest.raises(FailureError) as caught:
        await signing.sign(replace(ORDER, tells=True))
    assert caught.value.code is Code.BUSY
    assert host.orders == []
    assert await works(signing, host)


async def test_order_that_waits_for_the_card_to_be_free_makes_others_busy_too() -> None:
    host = TidyingHost()
    host.hold()
    signing = Signing(host)
    first = asyncio.create_task(signing.sign(ORDER))
    await host.begun.wait()
    with pytest.raises(FailureError) as caught:
        await signing.sign(ORDER)
    assert caught.value.code is Code.BUSY
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await works(signing, host)


@pytest.mark.parametrize("code", list(Code))
async def test_next_order_works_after_every_failure(host: FakeHost, code: Code) -> None:
    signing = Signing(host)
    host.fail(code, 2)
    with pytest.raises(FailureError) as caught:
        await signing.sign(ORDER)
    assert (caught.value.code, caught.value.tries_left) == (code, 2)
    assert await works(signing, host)


async def test_next_order_works_after_a_cancellation(host: FakeHost) -> None:
    signing = Signing(host)
    host.hold()
    task = asyncio.create_task(signing.sign(ORDER))
    await host.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert host.cancelled.is_set()
    assert await works(signing, host)


async def test_next_order_works_after_a_bug(host: FakeHost) -> None:
    signing = Signing(host)
    host.answer = ZeroDivisionError("bug")
    with pytest.raises(ZeroDivisionError):
        await signing.sign(ORDER)
    assert await works(signing, host)


async def test_page_that_asks_again_is_not_kept_out_by_its_own_order(host: FakeHost) -> None:
    signing = Signing(host)
    for _ in range(5):
        host.hold()
        task = asyncio.create_task(signing.sign(ORDER))
        await host.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await works(signing, host)


async def test_host_is_made_ready_ahead_of_an_order_but_not_beside_one(host: FakeHost) -> None:
    signing = Signing(host)
    signing.prepare()
    assert host.prepared == 1
    host.hold()
    task = asyncio.create_task(signing.sign(ORDER))
    await host.begun.wait()
    signing.prepare()
    assert host.prepared == 1
    host.release.set()
    await task
    signing.prepare()
    assert host.prepared == 2


async def test_close_reaches_the_host(host: FakeHost) -> None:
    await Signing(host).close()
    assert host.closed


async def test_log_names_the_origin_and_neither_challenge_nor_token(
    host: FakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        await Signing(host).sign(ORDER)
    assert ORIGIN in caplog.text
    assert CHALLENGE not in caplog.text
    assert TOKEN.signature not in caplog.text
