"""What a run of the self-test is asked for, by the page or on the command line."""

from typing import Annotated, Literal

import msgspec

from agent.messages import DEFAULT

Short = Annotated[str, msgspec.Meta(max_length=255)]
Trial = Literal["", "signature", "decryption"]


class Browser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser of the page, and what it has found out; `kind` is empty where no page asks.

    `trusts`: it trusts our certificate. `network_access`: the permission of Local Network Access of the portal's page,
    `popups`: whether that page may open windows; both as the portal's page says.
    """

    kind: Literal["", "chromium", "edge", "firefox", "safari", "other"] = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    trusts: bool | None = None
    network_access: Literal["granted", "denied", "prompt", "unknown"] = "unknown"
    popups: bool | None = None


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run. `settings`: the settings file that the person has named, empty for the usual one.

    `portal`: the origin of the portal that has sent the person here, empty without one. `checks`: only these, all where
    empty. `trial`: what a person is asked for the PIN for. `port`: where the daemon that asks listens, 0 without one.
    """

    settings: str = ""
    language: Short = DEFAULT
    portal: Short = ""
    checks: Annotated[tuple[Short, ...], msgspec.Meta(max_length=64)] = ()
    trial: Trial = ""
    browser: Browser = Browser()
    port: int = 0
