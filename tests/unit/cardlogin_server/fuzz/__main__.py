"""Fuzzes every decoder: ``python -m tests.unit.cardlogin_server.fuzz --inputs 1000000`` or ``--seconds 60``."""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.unit.cardlogin_server.fuzz.targets import TARGETS

LONGEST = 12_289
_DONE = re.compile(r"Done (\d+) runs in (\d+) second")
FINDINGS = Path(__file__).parents[4] / "build" / "fuzz"


@dataclass(frozen=True)
class Result:
    """How many inputs were tried, and what libFuzzer says about a finding (empty when there is none)."""

    inputs: int
    seconds: int
    finding: str

    def line(self) -> str:
        """The closing line."""
        return f"fuzz: {self.inputs} inputs, {len(TARGETS)} decoders, {self.seconds} s, " + (
            "1 finding" if self.finding else "0 findings"
        )


def fuzz(*, inputs: int | None = None, seconds: int | None = None, seed: int = 0) -> Result:
    """Fuzzes in a process of its own until one of the limits is reached, or something is found.

    A seed (below 2 to the power of 32; 0: another one every time) steers libFuzzer's choices.
    """
    FINDINGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cardlogin-fuzz-") as folder:
        write_seeds(Path(folder))
        arguments = [f"-max_len={LONGEST}", f"-artifact_prefix={FINDINGS}/", "-timeout=120", "-rss_limit_mb=2048"]
        arguments.append(f"-seed={seed}")
        arguments += [f"-runs={inputs}"] if inputs is not None else []
        arguments += [f"-max_total_time={seconds}"] if seconds is not None else []
        command = [sys.executable, "-m", "tests.unit.cardlogin_server.fuzz.engine", *arguments, folder]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found = _DONE.search(done.stderr)
    if found is None or done.returncode:
        return Result(int(found[1]) if found else 0, 0, (done.stdout + done.stderr)[-4_000:])
    return Result(int(found[1]), int(found[2]), "")


def write_seeds(folder: Path) -> None:
    """Good input of every decoder, each with the byte that chooses it."""
    for number, (name, target) in enumerate(TARGETS.items()):
        for place, seed in enumerate(target.seeds()):
            (folder / f"{name.replace(' ', '-')}-{place}").write_bytes(bytes((number,)) + seed)


def main() -> int:
    """Prints the closing line; status 1 on a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.unit.cardlogin_server.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, help="stop after so many inputs")
    parser.add_argument("--seconds", type=int, help="stop after so many seconds")
    arguments = parser.parse_args()
    if arguments.inputs is None and arguments.seconds is None:
        parser.error("give --inputs or --seconds")
    result = fuzz(inputs=arguments.inputs, seconds=arguments.seconds)
    if result.finding:
        print(result.finding)
    print(result.line())
    return 1 if result.finding else 0


if __name__ == "__main__":
    sys.exit(main())
