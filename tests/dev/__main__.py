"""Takes the command line of ./dev apart."""

import argparse
import sys
from pathlib import Path

from tests.dev.areas import AREAS, BENCHES
from tests.dev.lock import LOCKS


def main() -> int:
    """Runs a command of ./dev; the exit status is 0 only when all of it went well."""
    line = sys.argv[1:]
    end = line.index("--") if "--" in line else len(line)
    arguments = _parser().parse_args(line[:end])
    if arguments.command == "demo":
        from tests.dev.demo import demo

        return demo(headless=arguments.headless)
    if arguments.command == "test":
        from tests.dev.areas import test

        options = ["--full"] if arguments.full else []
        options += ["--seed", str(arguments.seed)] if arguments.seed is not None else []
        return test(arguments.area, postgres=arguments.postgres, options=options + line[end + 1 :])
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
    test = commands.add_parser("test", help="run the tests; what comes after -- is for pytest")
    test.add_argument("area", nargs="?", choices=AREAS)
    test.add_argument("--postgres", action="store_true", help="the portal on PostgreSQL and Redis, not on SQLite")
    test.add_argument("--full", action="store_true", help="whole matrices and many examples, not samples")
    test.add_argument("--seed", type=int, help="what chooses the samples; by default the commit does")
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
