"""Takes the command line of ./dev apart."""

import argparse
import sys

from tests.dev.areas import AREAS, BENCHES


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
    commands.add_parser("lint", help="check format, style, types and import rules")
    return parser


if __name__ == "__main__":
    sys.exit(main())
