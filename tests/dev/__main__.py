"""Takes the command line of ./dev apart."""

import argparse
import sys
from pathlib import Path

from tests.dev.areas import AREAS, BENCHES
from tests.dev.lock import LOCKS


def main() -> int:
    """Runs a command of ./dev; the exit status is 0 only when all of it went well."""
    arguments = _parser().parse_args()
    if arguments.command == "demo":
        from tests.dev.demo import demo

        return demo(headless=arguments.headless)
    if arguments.command == "test":
        from tests.dev.areas import test

        return test(arguments.area, postgres=arguments.postgres)
    if arguments.command == "bench":
        from tests.dev.areas import bench

        return bench(arguments.area)
    if arguments.command == "lock":
        from tests.dev.lock import lock

        return lock(arguments.until, arguments.into)
    if arguments.command == "messages":
        from tests.dev.messages import messages

        return messages()
    from tests.dev.lint import lint

    return lint()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="log in to a demonstration portal with a virtual card")
    demo.add_argument("--headless", action="store_true", help="do the log-in by itself and save screenshots")
    test = commands.add_parser("test", help="run the tests")
    test.add_argument("area", nargs="?", choices=AREAS)
    test.add_argument("--postgres", action="store_true", help="the portal on PostgreSQL and Redis, not on SQLite")
    bench = commands.add_parser("bench", help="measure speed and memory")
    bench.add_argument("area", nargs="?", choices=BENCHES)
    commands.add_parser("messages", help="bring the message catalogues in line with the code and compile them")
    lock = commands.add_parser("lock", help="write the lock files anew")
    lock.add_argument("--until", metavar="DATE", help="take no release that is newer than this day (2026-10-01)")
    lock.add_argument("--into", type=Path, default=LOCKS, metavar="FOLDER", help="where the files are written")
    commands.add_parser("lint", help="check format, style, types and import rules")
    return parser


if __name__ == "__main__":
    sys.exit(main())
