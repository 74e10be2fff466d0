"""Every mail and text message of the ways back, letter by letter, in both languages."""

from pathlib import Path

import pytest
from django.template.loader import render_to_string

SNAPSHOTS = Path(__file__).parent / "snapshots"
TEMPLATES = Path(__file__).parents[3] / "portal" / "templates"
CONTEXT = {
    "name": "王小明", "code": "012345", "minutes": 10, "accounts": ["wang0001", "wang0009"],
}  # fmt: skip
SENT = (
    "mail/recovery_account", "mail/recovery_activated", "mail/recovery_code", "mail/recovery_password",
    "mail/recovery_unlocked", "text/recovery_code", "text/recovery_password",
)  # fmt: skip
# Two text messages in one: 67 characters each in the alphabet that has Chinese.
LONGEST_TEXT = 134


def rendered(name: str) -> str:
    """The message as it is sent."""
    return render_to_string(f"{name}.txt", CONTEXT).strip() + "\n"


@pytest.mark.parametrize("name", SENT)
def test_message_is_the_one_that_was_looked_at(name: str) -> None:
    assert rendered(name) == (SNAPSHOTS / f"{name.replace('/', '_')}.txt").read_text("utf-8")


def test_no_message_is_left_out() -> None:
    written = {str(path.relative_to(TEMPLATES).with_suffix("")) for path in TEMPLATES.glob("*/recovery_*.txt")}
    assert written == set(SENT)


@pytest.mark.parametrize("name", SENT)
def test_both_languages_and_who_we_are(name: str) -> None:
    text = rendered(name)
    assert "示範入口網" in text
    chinese = text.index("密碼") if "密碼" in text else text.index("帳號")
    assert chinese < next(text.index(word) for word in ("password", "account") if word in text)


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("mail/")])
def test_mail_says_what_to_do_if_it_was_not_you(name: str) -> None:
    text = rendered(name)
    assert "如果" in text
    assert "If " in text
    assert "示範系統，非政府網站。" in text


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("text/")])
def test_text_message_fits_into_two(name: str) -> None:
    assert len(rendered(name).strip()) <= LONGEST_TEXT


def test_name_is_not_changed_for_html() -> None:
    assert "O'Neil & 王" in render_to_string("mail/recovery_password.txt", {"name": "O'Neil & 王"})
