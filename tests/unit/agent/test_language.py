"""The language that a person has chosen, as it is kept."""

from pathlib import Path

import pytest

from agent.language import ChosenLanguage


def test_nothing_is_chosen_where_there_is_no_file(tmp_path: Path) -> None:
    assert ChosenLanguage(tmp_path / "language").language is None


@pytest.mark.parametrize("content", [b"", b"en\0", b"tlh", b"\xff\xfe", b"e", b"en" * 1000])
def test_damaged_file_is_no_choice(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "language").write_bytes(content)
    assert ChosenLanguage(tmp_path / "language").language is None


def test_choice_that_cannot_be_written_counts_until_the_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chosen = ChosenLanguage(tmp_path / "no such folder" / "language")
    chosen.remember("en")
    assert chosen.language == "en"
    assert "not remembered" in caplog.text


def test_choice_is_kept(tmp_path: Path) -> None:
    ChosenLanguage(tmp_path / "language").remember("en")
    assert ChosenLanguage(tmp_path / "language").language == "en"
