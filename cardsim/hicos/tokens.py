"""Makes the SoftHSM2 token behind a card. The writing is done in a child: a module reads its configuration once."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cardsim.errors import SimulatorError
from cardsim.hicos.contents import Contents

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
"""Where Debian's libsofthsm2 lies."""
SO_PIN = "12345678"
_ROOT = Path(__file__).parents[2]


def make_token(environment: Mapping[str, str], name: str, contents: Contents, softhsm: Path = SOFTHSM) -> None:
    """A token whose label is `name` in the token folder that `environment` selects; raises SimulatorError."""
    if not softhsm.is_file():
        raise SimulatorError(f"{softhsm} is missing; install the Debian package softhsm2")
    command = ["softhsm2-util", "--module", str(softhsm), "--init-token", "--free", "--label", name]
    _run([*command, "--so-pin", SO_PIN, "--pin", contents.pin], environment)
    order = {
        "module": str(softhsm),
        "token": name,
        "pin": contents.pin,
        "items": [
            {"id": item.key_id, "label": item.label, "certificate": _base64(item.certificate),
             "key": _base64(item.pkcs8) if item.pkcs8 else None}
            for item in contents.items
        ],
    }  # fmt: skip
    _run([sys.executable, "-m", "cardsim.hicos.writer"], environment, json.dumps(order))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _run(command: list[str], environment: Mapping[str, str], text: str = "") -> None:
    try:
        result = subprocess.run(
            command, cwd=_ROOT, env={**os.environ, **environment}, input=text, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
    except FileNotFoundError:
        raise SimulatorError(f"{command[0]} is missing; install the Debian package softhsm2") from None
    if result.returncode != 0:
        said = (result.stderr + result.stdout).strip().splitlines()
        raise SimulatorError(f"the token cannot be made: {said[-1] if said else command[0]}")
