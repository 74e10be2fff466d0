"""One of several processes that claim the same keys: says ready, waits for a line, prints a digit per key."""

import importlib
import sys

from cardlogin_server import ChallengeStore


def main(factory: str, *arguments: str) -> None:
    """Claim every key of ``keys()`` with the store that the named function makes."""
    module, _, name = factory.rpartition(".")
    store: ChallengeStore = getattr(importlib.import_module(module), name)(*arguments)
    print("ready", flush=True)
    sys.stdin.readline()
    print("".join("01"[store.claim(key, 60)] for key in keys()), flush=True)


def keys() -> list[str]:
    """The keys that all of them claim."""
    return [f"{number:064x}" for number in range(40)]


if __name__ == "__main__":
    main(*sys.argv[1:])
