"""pyscard's C layer, loaded without the rest of that package."""

import subprocess
import sys

import pytest
from smartcard import scard as whole

from agent.card import scard
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT


def test_it_is_the_layer_that_the_package_gives() -> None:
    names = [name for name in dir(whole) if name.startswith(("SCARD_", "SCard"))]
    assert len(names) > 100
    assert [name for name in names if not hasattr(scard.scard, name)] == []
    numbers = [name for name in names if isinstance(getattr(whole, name), int)]
    assert [name for name in numbers if getattr(scard.scard, name) != getattr(whole, name)] == []


def test_nothing_else_of_the_package_is_loaded() -> None:
    code = "import sys, agent.card.pcsc; print([name for name in sys.modules if name.startswith('smartcard')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert done.stdout.strip() == "[]"


def test_missing_package_is_an_import_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scard, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pyscard"):
        scard._load()
