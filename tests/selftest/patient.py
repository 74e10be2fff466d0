"""A part of the self-test with four times the patience: its rows are about other things than a busy computer."""

import runpy
import sys

from agent.selftest import context, examination, portal_look, ports_look, reach

_TIMES = 4


def main() -> None:
    """Runs the module that the second argument names, as its own program; the first says what is slow for it."""
    examination.START *= _TIMES
    examination.LIMIT *= _TIMES
    examination.SLOW *= int(sys.argv[1])
    context.LIMIT *= _TIMES
    portal_look._SECONDS *= _TIMES
    ports_look._SECONDS *= _TIMES
    reach._SECONDS *= _TIMES
    from agent.selftest import engine

    engine._LIMIT *= _TIMES
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
