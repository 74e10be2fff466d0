"""The JavaScript client: its behaviour under node, its size, and its type declarations."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import cardlogin_server
from cardlogin_server.browser_failures import BROWSER_FAILURES
from tests.dev.browser_messages import PAGE, browser_messages
from tests.stand.waiting import LIMIT

BROWSER = Path(cardlogin_server.__file__).parent / "browser"
CLIENT = BROWSER / "cardlogin.js"
DECLARATIONS = BROWSER / "cardlogin.d.ts"
GLOBAL = BROWSER / "dist" / "cardlogin.global.js"
HERE = Path(__file__).parent


def node() -> str:
    """The path of node."""
    path = shutil.which("node")
    assert path, "node is missing (Debian package nodejs)"
    return path


def test_behaviour() -> None:
    done = subprocess.run(
        [node(), "--test", "--test-reporter=tap", *sorted(HERE.glob("*.test.mjs"))],
        env=os.environ | {"CARDLOGIN_CLIENT": str(CLIENT)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 130


def exports(text: str) -> set[str]:
    """The values that a module or its declarations export."""
    return set(re.findall(r"^export (?:declare )?(?:async )?(?:function|class|const) (\w+)", text, re.MULTILINE))


def test_declarations_name_what_the_module_exports() -> None:
    found = exports(CLIENT.read_text("utf-8"))
    assert found == {"authenticate", "completeNavigation", "unfinishedNavigation", "CardLoginError"}
    assert exports(DECLARATIONS.read_text("utf-8")) == found


def test_declarations_of_the_probe_name_what_it_exports() -> None:
    module, declared = ((BROWSER / f"probe.{kind}").read_text("utf-8") for kind in ("js", "d.ts"))
    assert exports(module) | {"cutsOpeners"} == exports(declared) == {"probe", "networkAccess", "cutsOpeners"}


def test_declarations_name_the_options_the_properties_and_the_codes() -> None:
    code, declared = CLIENT.read_text("utf-8"), DECLARATIONS.read_text("utf-8")
    options = re.search(r"function authenticate\(\{([^}]+)\}", code)
    assert options
    names = {option.split("=")[0].strip() for option in options[1].split(",") if option.strip()}
    request = re.search(r"interface Request \{(.+?)^\}", declared, re.MULTILINE | re.DOTALL)
    assert request
    assert names == set(re.findall(r"^  (\w+)\??:", request[1], re.MULTILINE))
    properties = set(re.findall(r"this\.(\w+) =", code)) - {"name"}
    assert properties == set(re.findall(r"readonly (\w+)\??:", declared))
    assert set(BROWSER_FAILURES) == set(re.findall(r'^  \| "([a-z_]+)"', declared, re.MULTILINE))
    assert set(BROWSER_FAILURES) == set(re.findall(r'(?:failure\(|code = )"([a-z_]+)"', code))


def test_texts_are_those_of_the_catalogue() -> None:
    """Otherwise: `./dev messages`."""
    assert PAGE.read_text("utf-8") == browser_messages()


def test_client_is_under_12_kb_minified_and_depends_on_nothing() -> None:
    esbuild = shutil.which("esbuild")
    assert esbuild, "esbuild is missing (Debian package esbuild)"
    minify = [esbuild, "--bundle", "--format=esm", "--charset=utf8", "--minify", str(CLIENT)]
    done = subprocess.run(minify, capture_output=True, timeout=LIMIT, check=True)
    assert 5_000 < len(done.stdout) < 12_000
    code = CLIENT.read_text("utf-8")
    assert re.findall(r"\bimport\b.*", code) == [
        'import { addresses, cutsOpeners, onLoopback, PERMISSIONS, rememberTrust, speaksFor } from "./addresses.js";',
        'import { LANGUAGES, TEXTS } from "./messages.js";',
    ]
    assert not re.search(r"innerHTML|document\.write|\beval\b|targetAddressSpace", code)


def test_classic_script_is_up_to_date(tmp_path: Path) -> None:
    for name in ("cardlogin.js", "addresses.js", "messages.js", "build.mjs"):
        shutil.copy(BROWSER / name, tmp_path)
    subprocess.run([node(), "build.mjs"], cwd=tmp_path, check=True, timeout=LIMIT)
    made = (tmp_path / "dist" / "cardlogin.global.js").read_text("utf-8")
    assert GLOBAL.read_text("utf-8") == made


def test_classic_script_offers_the_same_names_and_adds_one_global() -> None:
    program = (
        "const context = require('node:vm').createContext({ navigator: {}, window: {} });"
        "const before = Object.keys(context);"
        f"require('node:vm').runInContext(require('node:fs').readFileSync({json.dumps(str(GLOBAL))}, 'utf8'), context);"
        "console.log(JSON.stringify([Object.keys(context).filter((name) => !before.includes(name)),"
        " Object.keys(context.CardLogin)]));"
    )
    done = subprocess.run([node(), "-e", program], capture_output=True, text=True, timeout=LIMIT, check=True)
    added, names = json.loads(done.stdout)
    assert added == ["CardLogin"]
    assert set(names) == exports(CLIENT.read_text("utf-8"))


def test_package_for_npm_holds_what_it_names_and_no_version_of_its_own() -> None:
    package = json.loads((BROWSER / "package.json").read_text("utf-8"))
    named = {
        package["main"],
        package["types"],
        *(path for entry in package["exports"].values() for path in entry.values()),
    }
    shipped = {f"./{name}" for name in package["files"]}
    assert named <= shipped
    assert all((BROWSER / name).is_file() for name in shipped)
    assert "dependencies" not in package
    distribution = tomllib.loads((BROWSER.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert (package["version"], package["license"]) == (distribution["version"], distribution["license"])
