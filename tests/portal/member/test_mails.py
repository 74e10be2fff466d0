"""Every mail and text message of the member's area, letter by letter, in both languages.

To write the files anew after a change of wording: CARDLOGIN_WRITE_SNAPSHOTS=1 and look at the difference.
"""

import os
from pathlib import Path

import pytest
from django.template.loader import render_to_string

SNAPSHOTS = Path(__file__).parent / "snapshots"
TEMPLATES = Path(__file__).parents[3] / "portal" / "templates"
CONTEXT = {
    "name": "王小明", "account": "wang0001", "hours": 24, "code": "012345", "minutes": 10, "last_digits": "5678",
    "link": "https://portal.test/accounts/keep/TOKEN/",
}  # fmt: skip
SENT = sorted(
    str(path.relative_to(TEMPLATES).with_suffix(""))
    for kind in ("*/member_*.txt", "mail/card_*.txt")
    for path in TEMPLATES.glob(kind)
)
# Two text messages in one: 67 characters each in the alphabet that has Chinese.
LONGEST_TEXT = 134


def rendered(name: str) -> str:
    """The message as it is sent."""
    return render_to_string(f"{name}.txt", CONTEXT).strip() + "\n"


@pytest.mark.parametrize("name", SENT)
def test_message_is_the_one_that_was_looked_at(name: str) -> None:
    file = SNAPSHOTS / f"{name.replace('/', '_')}.txt"
    if os.environ.get("CARDLOGIN_WRITE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(rendered(name), "utf-8")
    assert rendered(name) == file.read_text("utf-8")


def test_no_kept_text_is_without_its_message() -> None:
    assert {file.stem for file in SNAPSHOTS.iterdir()} == {name.replace("/", "_") for name in SENT}


@pytest.mark.parametrize("name", SENT)
def test_both_languages_and_who_we_are(name: str) -> None:
    subject, _, body = rendered(name).partition("\n")
    assert subject.startswith("示範入口網")
    assert "Demonstration Portal" in subject or name.startswith("text/")
    assert "您" in (body or subject) or "您的" in subject or "驗證碼" in subject
    assert any(word in body or word in subject for word in ("your", "Your", "account"))


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("mail/")])
def test_mail_says_what_to_do_if_it_was_not_you(name: str) -> None:
    text = rendered(name)
    assert "如果" in text
    assert "If " in text or "if you did not" in text
    assert text.rstrip().endswith("示範系統，非政府網站。 Demonstration only, not a government site.")


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("text/")])
def test_text_message_fits_into_two(name: str) -> None:
    assert len(rendered(name).strip()) <= LONGEST_TEXT


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("mail/")])
def test_name_is_not_changed_for_html(name: str) -> None:
    assert "O'Neil & 王" in render_to_string(f"{name}.txt", {**CONTEXT, "name": "O'Neil & 王"})
