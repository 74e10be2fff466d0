"""Readers that are connected by USB, whether the PC/SC service sees them or not; a hint for people."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from agent.platform.usb import usb_devices


class KnownReader(NamedTuple):
    """A model: `ccid` works with the driver that every system has; `page` is where its maker offers another."""

    name: str
    ccid: bool
    page: str = ""


def connected() -> tuple[KnownReader, ...]:
    """The models of the table that are connected; none where the system does not tell."""
    table = _table()
    return tuple(table[number] for number in sorted(usb_devices()) if number in table)


@cache
def _table() -> dict[str, KnownReader]:
    rows = tomllib.loads(Path(__file__).with_name("known_readers.toml").read_text("utf-8"))["reader"]
    return {row["usb"]: KnownReader(row["name"], row["ccid"], row.get("page", "")) for row in rows}
