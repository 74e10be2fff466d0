"""The self-test as the page asks for it: one run at a time, its lines as they come, and an end in any case."""

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent.failures import Code, FailureError
from agent.order import make_order
from agent.selftest import child
from agent.selftest.ask import Ask
from agent.selftest.child import MAX_LINE, MAX_LINES, Doctor
from agent.selftest.words import CHECKS
from agent.signing import Signing
from agent.web import selftest
from tests.stand import scripted_doctor
from tests.stand.scripted_doctor import Script
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, FakeHost, Reply, Site, until

RUN = "/selftest/run"
BROWSER = {"kind": "firefox", "version": 140, "trusts": True, "network_access": "granted", "popups": None}


async def opened(site: Site, path: str = "/selftest") -> str:
    """The page token of a freshly opened page."""
    reply = await site.ask("GET", path, headers={"Sec-Fetch-Dest": "document"})
    found = re.search(rb'name="page-token" content="([^"]+)"', reply.body)
    assert found is not None
    return found[1].decode()


async def run(site: Site, token: str | None = None, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
    """The run that the page's script asks for, with changes."""
    sent = {"Origin": site.own_origin, "Sec-Fetch-Site": "same-origin", **(headers or {})}
    body = {"page_token": token or await opened(site), "browser": BROWSER, **fields}
    return await site.ask("POST", RUN, headers=sent, body=body)


def lines_of(reply: Reply) -> list[dict[str, Any]]:
    """What came, line by line."""
    assert reply.status == 200, reply.code
    return [json.loads(line) for line in reply.body.splitlines()]


async def running(site: Site, script: Script) -> "asyncio.Task[Reply]":
    """A run that waits at its second check."""
    script.plan(hold="settings")
    before = len(script.asks())
    task = asyncio.create_task(run(site))
    await until(lambda: len(script.asks()) > before)
    return task


def test_stand_in_has_the_checks_of_the_product() -> None:
    assert list(scripted_doctor.CHECKS) == list(CHECKS)


async def test_lines_come_as_they_are_between_a_token_and_the_end(site: Site, script: Script) -> None:
    script.plan("no_reader")
    reply = await run(site)
    assert reply.header("content-type") == "application/x-ndjson"
    assert reply.header("cache-control") == "no-store"
    first, begin, *results, end = lines_of(reply)
    assert first.keys() == {"kind", "page_token"}
    assert begin == {"kind": "begin", "checks": list(CHECKS)}
    assert [line["check"] for line in results] == list(CHECKS)
    assert (end["kind"], end["first"]) == ("end", "no_reader")


async def test_token_of_a_run_is_good_for_the_next_one_and_once(site: Site) -> None:
    token = await opened(site)
    second = lines_of(await run(site, token))[0]["page_token"]
    assert (await run(site, token)).code == "page_expired"
    assert lines_of(await run(site, second))[-1]["kind"] == "end"
    assert (await run(site, second)).code == "page_expired"


async def test_child_is_told_what_the_page_asks_and_where_we_are(site: Site, script: Script) -> None:
    await run(site, language="en", portal=ORIGIN, checks=["reader"], trial="")
    (ask,) = script.asks()
    assert ask.pop("pid")
    assert ask == {
        "settings": "", "language": "en", "portal": ORIGIN, "checks": ["reader"], "trial": "", "browser": BROWSER,
        "port": site.port,
    }  # fmt: skip


async def test_second_run_is_told_busy_and_the_first_goes_on(site: Site, script: Script) -> None:
    first = await running(site, script)
    reply = await run(site)
    assert reply.code == "busy"
    assert len(script.asks()) == 1
    script.go_on()
    assert lines_of(await first)[-1]["kind"] == "end"
    assert lines_of(await run(site))[-1]["kind"] == "end"


async def test_lines_are_there_before_the_run_has_ended(site: Site, script: Script) -> None:
    script.plan(hold="settings")
    body = {"page_token": await opened(site), "browser": BROWSER}
    headers = {
        "Host": site.own_origin.partition("://")[2], "Origin": site.own_origin, "Sec-Fetch-Site": "same-origin"
    }  # fmt: skip
    async with site._client.post(RUN, json=body, headers=headers) as response:
        kinds = [json.loads(await response.content.readline())["kind"] for _ in range(3)]
        assert kinds == ["token", "begin", "check"]
        script.go_on()
        assert json.loads((await response.read()).splitlines()[-1])["kind"] == "end"


async def test_page_that_goes_away_ends_the_run(site: Site, script: Script) -> None:
    task = await running(site, script)
    (ask,) = script.asks()
    task.cancel()
    await until(lambda: not psutil.pid_exists(ask["pid"]))
    script.plan()
    assert lines_of(await run(site))[-1]["kind"] == "end"


async def test_run_that_hangs_is_ended(site: Site, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "RUN_SECONDS", 0.5)
    script.plan(silent=True)
    assert [line["kind"] for line in lines_of(await run(site))] == ["token"]
    await until(lambda: not psutil.pid_exists(script.asks()[0]["pid"]))


@pytest.mark.parametrize(
    ("said", "passed"),
    [
        (['{"kind":"begin"}\n', "x" * (2 * MAX_LINE) + "\n", '{"kind":"end"}\n'], 1),
        (['{"kind":"check"}\n'] * (MAX_LINES + 5), MAX_LINES),
        (['{"kind":"begin"}\n', '{"kind":"che'], 1),
        ([], 0),
    ],
)
async def test_child_that_says_too_much_or_stops_short_is_cut_off(
    site: Site, script: Script, said: list[str], passed: int
) -> None:
    script.plan(raw=said)
    assert len(lines_of(await run(site))) == 1 + passed
    script.plan()
    assert lines_of(await run(site))[-1]["kind"] == "end"


async def test_child_that_does_not_start_is_a_failure() -> None:
    doctor = Doctor(command=("/nowhere/at/all",))
    for _ in range(2):
        with pytest.raises(FailureError) as caught:
            async with doctor.examine(Ask()):
                pass
        assert caught.value.code is Code.HOST_FAILED


async def test_end_of_the_daemon_ends_the_run_and_no_other_begins(script: Script) -> None:
    script.plan(silent=True)
    doctor = Doctor("/etc/agent.toml", script.command)
    async with doctor.examine(Ask()) as lines:
        reading = asyncio.ensure_future(anext(lines, b""))
        await until(lambda: bool(script.asks()))
        doctor.close()
        assert await reading == b""
    assert script.asks()[0]["settings"] == "/etc/agent.toml"
    assert not psutil.pid_exists(script.asks()[0]["pid"])
    with pytest.raises(FailureError, match="busy"):
        async with doctor.examine(Ask()):
            pass


def test_child_trusts_the_authorities_of_the_system_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", "/etc/own")
    environment = child._environment()
    assert "SSL_CERT_FILE" not in environment
    assert environment["SSL_CERT_DIR"] == "/etc/own"


@pytest.mark.parametrize("trial", ["signature", "decryption"])
async def test_order_of_a_portal_is_told_busy_during_a_trial(site: Site, script: Script, trial: str) -> None:
    script.plan(hold=trial)
    task = asyncio.create_task(run(site, trial=trial))
    await until(lambda: bool(script.asks()))
    assert (await site.authenticate()).code == "busy"
    script.go_on()
    assert lines_of(await task)[-1]["kind"] == "end"
    assert site.host.idle_calls == 1
    assert (await site.authenticate()).status == 200


async def test_trial_is_told_busy_during_an_order_and_other_checks_are_not(site: Site, script: Script) -> None:
    site.host.hold()
    order = asyncio.create_task(site.authenticate(ORIGIN, {"challenge": CHALLENGE}))
    await site.host.begun.wait()
    assert (await run(site, trial="signature")).code == "busy"
    assert script.asks() == []
    assert lines_of(await run(site))[-1]["kind"] == "end"
    site.host.release.set()
    assert (await order).status == 200


async def test_trial_that_its_page_has_left_gives_the_card_back(site: Site, script: Script) -> None:
    script.plan(hold="signature")
    task = asyncio.create_task(run(site, trial="signature"))
    await until(lambda: bool(script.asks()))
    task.cancel()

    async with asyncio.timeout(10):
        while (await site.authenticate()).status != 200:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)


async def test_reservation_waits_for_the_card_and_gives_it_back_after_a_failure() -> None:
    host = FakeHost()
    signing = Signing(host)
    with contextlib.suppress(RuntimeError):
        async with signing.reserved():
            with pytest.raises(FailureError, match="busy"):
                await signing.sign(make_order(ORIGIN, CHALLENGE, "en"))
            raise RuntimeError
    async with signing.reserved():
        assert host.idle_calls == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"language": "tlh"}, {"trial": "log-in"}, {"checks": "reader"}, {"checks": ["x" * 300]},
        {"checks": ["reader"] * 65}, {"browser": {**BROWSER, "kind": "lynx"}}, {"browser": {**BROWSER, "more": 1}},
        {"browser": {**BROWSER, "version": -1}}, {"settings": "/etc/passwd"}, {"port": 1}, {"page_token": 7},
        {"portal": "https://" + "a" * 300},
    ],
)  # fmt: skip
async def test_body_in_another_form_starts_nothing(site: Site, script: Script, fields: dict[str, Any]) -> None:
    reply = await run(site, **fields)
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert script.asks() == []


@pytest.mark.parametrize("portal", ["null", "http://portal.example", "https://portal.example/", "file:///etc/passwd"])
async def test_site_that_could_not_ask_us_is_not_looked_at(site: Site, script: Script, portal: str) -> None:
    assert (await run(site, portal=portal)).code == "origin_refused"
    assert script.asks() == []


async def test_settings_file_of_the_daemon_is_the_one_of_the_self_test(script: Script, tmp_path: Path) -> None:
    doctor = Doctor(str(tmp_path / "agent.toml"), script.command)
    async with doctor.examine(Ask()) as lines:
        assert [line async for line in lines]
    assert script.asks()[0]["settings"] == str(tmp_path / "agent.toml")


async def test_page_under_a_fixed_name_leads_home(site: Site) -> None:
    for path in ("/selftest", "/selftest/old"):
        reply = await site.ask("GET", path, headers={"Host": f"localhost:{site.port}"})
        assert (reply.status, reply.header("location")) == (307, site.own_origin + path)
        assert b"page-token" not in reply.body


async def test_old_page_says_so_to_its_script(site: Site) -> None:
    for path, old in (("/selftest", b"false"), ("/selftest/old", b"true")):
        assert b'<meta name="old" content="%b">' % old in (await site.ask("GET", path)).body
