"""Which part of a host name somebody has registered, by the public suffix list (publicsuffix.org) of its package."""

from __future__ import annotations

import functools
from pathlib import Path

_MAX_KNOWN = 256


@functools.lru_cache(_MAX_KNOWN)
def registered(host: str, *endings: str) -> str | None:
    """The registrable domain of a host; None for one that has none, such as a public suffix itself.

    `endings`: other spellings of its top-level domain. Reads the list, which takes a few milliseconds; nothing is
    fetched.
    """
    # Of the list only what ends like this host: all of it takes 60 ms, and 4 MiB.
    from publicsuffixlist import PSLFILE, PublicSuffixList

    wanted = {host.rpartition(".")[2], *endings}
    with Path(PSLFILE).open(encoding="utf-8") as file:
        rules = [line for line in file if line.rstrip().rpartition(".")[2] in wanted]
    domain: str | None = PublicSuffixList(rules).privatesuffix(host)
    return domain
