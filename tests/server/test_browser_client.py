"""The JavaScript client: its behaviour under node, its size, and its type declarations."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import relying_party

BROWSER = Path(relying_party.__file__).parent / "browser"
CLIENT = BROWSER / "cardlogin.js"
DECLARATIONS = BROWSER / "cardlogin.d.ts"
HERE = Path(__file__).parent


def test_behaviour() -> None:
    node = shutil.which("node")
    assert node, "node is missing (Debian package nodejs)"
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", *sorted(HERE.glob("*.test.mjs"))],
        env=os.environ | {"CARDLOGIN_CLIENT": str(CLIENT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 90


def exports(text: str) -> set[str]:
    """The values that a module or its declarations export."""
    return set(re.findall(r"^export (?:declare )?(?:async )?(?:function|class|const) (\w+)", text, re.MULTILINE))


def test_declarations_name_what_the_module_exports() -> None:
    found = exports(CLIENT.read_text("utf-8"))
    assert found == {"authenticate", "CardLoginError"}
    assert exports(DECLARATIONS.read_text("utf-8")) == found


def test_declarations_name_the_options_the_properties_and_the_codes() -> None:
    code, declared = CLIENT.read_text("utf-8"), DECLARATIONS.read_text("utf-8")
    options = re.search(r"function authenticate\(\{ ([^}]+) \}", code)
    assert options
    names = {option.split("=")[0].strip() for option in options[1].split(",")}
    request = re.search(r"interface Request \{(.+?)^\}", declared, re.MULTILINE | re.DOTALL)
    assert request
    assert names == set(re.findall(r"^  (\w+)\??:", request[1], re.MULTILINE))
    properties = set(re.findall(r"this\.(\w+) =", code)) - {"name"}
    assert properties == set(re.findall(r"readonly (\w+)\??:", declared))
    own_codes = set(re.findall(r"^  ([a-z_]+): \{$", code, re.MULTILINE))
    assert own_codes == {"agent_not_found", "popup_blocked", "page_closed", "answer_malformed"}
    assert own_codes <= set(re.findall(r'"([a-z_]+)"', declared))


def test_client_is_small_and_depends_on_nothing() -> None:
    code = CLIENT.read_text("utf-8")
    assert len(code.splitlines()) < 250
    unwanted = r"^\s*import\b|\bimport\(|innerHTML|document\.write|\beval\b|targetAddressSpace"
    assert not re.search(unwanted, code, re.MULTILINE)
