"""Orders that outlive their popup, and listings beside a window."""

import asyncio
import logging

import pytest

from agent.discretion import ToldError
from agent.failures import Code, FailureError
from agent.signing import Signing
from agent.web.hipki.orders import Orders
from tests.unit.agent.fakes import ORIGIN, Reply, until
from tests.unit.agent.old_site import PIN, SIGN, OldSite

OTHER = "https://other.example"
BUSY = 0x76100005


async def begin(old: OldSite, fields: object = None, origin: str = ORIGIN) -> asyncio.Task[Reply]:
    """A popup whose order has reached the card host, which holds it."""
    old.host.hold()
    task = asyncio.create_task(old.post("/sign", fields or {**SIGN, "pin": PIN}, origin))
    await old.host.begun.wait()
    return task


async def left(old: OldSite, task: asyncio.Task[Reply]) -> None:
    """The portal closes its popup, and the daemon has seen that."""
    task.cancel()
    await asyncio.wait([task])
    await until(lambda: not any(order.waiting for order in old.desk.orders._orders.values()))


async def done(old: OldSite) -> None:
    """The host ends what it was asked, and nobody is there to hear it."""
    old.host.release.set()
    await until(lambda: all(order.task.done() for order in old.desk.orders._orders.values()))


async def test_window_stays_when_its_popup_goes_and_the_next_one_gets_the_signature(old: OldSite) -> None:
    await left(old, await begin(old))
    assert not old.host.cancelled.is_set()
    again = asyncio.create_task(old.answer("/sign"))
    await until(lambda: any(order.waiting for order in old.desk.orders._orders.values()))
    old.host.release.set()
    assert (await again)["ret_code"] == 0
    assert len(old.host.old_orders) == 1


async def test_person_is_told_when_nobody_waits_any_more(old: OldSite) -> None:
    first = await begin(old)
    second = asyncio.create_task(old.answer("/sign"))
    await until(lambda: any(order.waiting == 2 for order in old.desk.orders._orders.values()))
    second.cancel()
    await until(lambda: any(order.waiting == 1 for order in old.desk.orders._orders.values()))
    assert old.host.left == 0
    await left(old, first)
    assert old.host.left == 1


async def test_late_signature_is_delivered_once(old: OldSite) -> None:
    await left(old, await begin(old))
    await done(old)
    assert (await old.answer("/sign", {**SIGN, "pin": "another"}))["ret_code"] == 0
    assert len(old.host.old_orders) == 1
    await old.answer("/sign")
    assert len(old.host.old_orders) == 2


async def test_late_signature_is_for_its_own_site_and_request(old: OldSite) -> None:
    await left(old, await begin(old))
    await done(old)
    await old.answer("/sign", SIGN, OTHER)
    await old.answer("/sign", {**SIGN, "nonce": "n2"})
    assert len(old.host.old_orders) == 3


async def test_late_failure_is_not_kept(old: OldSite) -> None:
    signed, old.host.old_answer = old.host.old_answer, ToldError(Code.USER_CANCELLED)
    await left(old, await begin(old))
    await done(old)
    old.host.old_answer = signed
    await old.answer("/sign")
    assert len(old.host.old_orders) == 2


async def test_another_request_of_the_same_site_takes_the_place_of_what_nobody_waits_for(old: OldSite) -> None:
    await left(old, await begin(old))
    again = asyncio.create_task(old.answer("/sign", {**SIGN, "nonce": "n2"}))
    await until(old.host.cancelled.is_set)
    old.host.release.set()
    assert (await again)["ret_code"] == 0
    assert len(old.host.old_orders) == 2


async def test_two_portals_at_once(old: OldSite) -> None:
    for decision in (ORIGIN, OTHER):
        await old.allow(decision)
    first = await begin(old)
    assert (await old.answer("/sign", SIGN, OTHER))["ret_code"] == BUSY
    assert (await old.answer("/sign", {**SIGN, "nonce": "n2"}))["ret_code"] == BUSY
    await left(old, first)
    assert (await old.answer("/sign", SIGN, OTHER))["ret_code"] == BUSY
    assert not old.host.cancelled.is_set()


async def test_what_nobody_comes_for_is_forgotten_and_the_log_says_so(
    old: OldSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    old.desk.orders = Orders(Signing(old.host), old.desk.admission, kept=0.05)
    await left(old, await begin(old))
    old.host.release.set()
    await until(lambda: "nobody came for it" in caplog.text)
    await old.answer("/sign")
    assert len(old.host.old_orders) == 2


async def test_polling_neither_waits_for_a_window_nor_starts_two_hosts(old: OldSite) -> None:
    await old.allow()
    window = await begin(old)
    old.host.look_release.clear()
    polls = [asyncio.create_task(old.answer("/pkcs11info")) for _ in range(20)]
    await until(lambda: len(old.host.looks) == 1)
    await asyncio.sleep(0.1)
    old.host.look_release.set()
    assert {answer["ret_code"] for answer in await asyncio.gather(*polls)} == {0}
    assert len(old.host.looks) == 1
    old.host.release.set()
    assert (await window).status == 200


async def test_certificates_wait_for_a_look_without_them(old: OldSite) -> None:
    await old.allow()
    old.host.look_release.clear()
    plain = asyncio.create_task(old.answer("/pkcs11info"))
    await until(lambda: len(old.host.looks) == 1)
    full = asyncio.create_task(old.answer("/pkcs11info?withcert=true"))
    await asyncio.sleep(0.1)
    assert len(old.host.looks) == 1
    old.host.look_release.set()
    assert [(await task)["ret_code"] for task in (plain, full)] == [0, 0]
    assert len(old.host.looks) == 2


async def test_failed_look_is_for_all_who_wait_and_not_kept(old: OldSite) -> None:
    await old.allow()
    old.host.listing = FailureError(Code.READER_HUNG)
    assert (await old.answer("/pkcs11info"))["ret_code"] == 1979711501
    await old.answer("/pkcs11info")
    assert len(old.host.looks) == 2
