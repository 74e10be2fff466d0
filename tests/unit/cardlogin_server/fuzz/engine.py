"""The process that fuzzes: libFuzzer steered by which lines of the library an input reaches (atheris).

Arguments are libFuzzer's. The first byte of an input chooses the decoder. The process ends with another status than 0
at the first finding, whose input it leaves in the folder of ``-artifact_prefix``.
"""

import sys
import warnings

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["cardlogin_server"]):
    from tests.unit.cardlogin_server.fuzz.targets import TARGETS

_TARGETS = tuple(TARGETS.values())


def fuzz_one(content: bytes) -> None:
    """One input."""
    if content:
        _TARGETS[content[0] % len(_TARGETS)](content[1:])


def main() -> None:
    """Fuzzes until libFuzzer's limits are reached."""
    # PyCA warns about some certificates that it refuses a moment later.
    warnings.simplefilter("ignore")
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
