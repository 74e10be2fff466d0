"""The library as a distribution of its own: built from its folder, used without the rest of the repository."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.stand.waiting import LIMIT

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
               "--disable-pip-version-check", "--wheel-dir", str(folder), str(ROOT / "cardlogin_server")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
    (made,) = folder.glob("*.whl")
    return made


def test_wheel_holds_the_whole_library_and_nothing_else(wheel: Path) -> None:
    assert wheel.name.startswith("cardlogin_server-")
    package = ROOT / "cardlogin_server"
    sources = {f"cardlogin_server/{path.relative_to(package)}" for path in package.rglob("*.py")}
    data = [*package.rglob("*.cer"), *(package / "browser").rglob("*"), *(package / "locale").rglob("*")]
    assert len([path for path in data if path.suffix == ".cer"]) == 5
    sources |= {f"cardlogin_server/{path.relative_to(package)}" for path in data if path.is_file()}
    sources = {name for name in sources if "__pycache__" not in name} | {"cardlogin_server/py.typed"}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    assert held == sources


def test_wheel_names_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        lines = archive.read(name).decode().splitlines()
    needed = {line.split(":")[1].strip() for line in lines if line.startswith("Requires-Dist:") and "extra" not in line}
    assert {text.split("<")[0].split(">")[0] for text in needed} == {"asn1crypto", "cryptography", "idna"}
    assert "License-Expression: Apache-2.0" in lines


def test_wheel_works_alone(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import sys, cardlogin_server, cardlogin_server.answers.hipki;"
        "import cardlogin_server.stores.redis, cardlogin_server.stores.sql;"
        "assert cardlogin_server.__file__.startswith(sys.argv[1]), cardlogin_server.__file__;"
        "cardlogin_server.Anchors.taiwan();"
        "found = {'django', 'redis', 'aiohttp', 'pkcs11', 'tkinter'} & set(sys.modules);"
        "assert not found, found"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(command, check=True, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, timeout=LIMIT)


def test_log_in_needs_no_asn1crypto() -> None:
    code = "import sys, cardlogin_server; assert 'asn1crypto' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=LIMIT)
