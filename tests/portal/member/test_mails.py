"""Every mail and text message of the member's area, letter by letter, in each language.

To write the files anew after a change of wording: CARDLOGIN_WRITE_SNAPSHOTS=1 and look at the difference.
"""

import os
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.languages import codes

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


def rendered(name: str, language: str) -> str:
    """The message as it is sent to somebody who reads this language."""
    with override(language):
        return render_to_string(f"{name}.txt", CONTEXT).strip() + "\n"


def kept(name: str, language: str) -> Path:
    """Where the message is kept."""
    return SNAPSHOTS / f"{name.replace('/', '_')}.{language}.txt"


@pytest.mark.parametrize("language", codes())
@pytest.mark.parametrize("name", SENT)
def test_message_is_the_one_that_was_looked_at(name: str, language: str) -> None:
    file = kept(name, language)
    if os.environ.get("CARDLOGIN_WRITE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(rendered(name, language), "utf-8")
    assert rendered(name, language) == file.read_text("utf-8")


def test_no_kept_text_is_without_its_message() -> None:
    assert set(SNAPSHOTS.iterdir()) == {kept(name, language) for name in SENT for language in codes()}


@pytest.mark.parametrize("name", SENT)
def test_who_we_are_in_one_language(name: str) -> None:
    assert rendered(name, "zh-hant").startswith("示範入口網")
    english = rendered(name, "en").replace("王小明", "")
    assert english.startswith("Demonstration Portal: ")
    assert not any("\u4e00" <= character <= "\u9fff" for character in english)


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("mail/")])
def test_mail_says_what_to_do_if_it_was_not_you(name: str) -> None:
    chinese, english = rendered(name, "zh-hant"), rendered(name, "en")
    assert "如果" in chinese
    assert chinese.rstrip().endswith("示範系統，非政府網站。")
    assert "If " in english
    assert english.rstrip().endswith("Demonstration only, not a government website.")


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("text/")])
def test_text_message_in_both_languages_fits_into_two(name: str) -> None:
    assert len(" ".join(rendered(name, language).strip() for language in ("zh-hant", "en"))) <= LONGEST_TEXT


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith("mail/")])
def test_name_is_not_changed_for_html(name: str) -> None:
    assert "O'Neil & 王" in render_to_string(f"{name}.txt", {**CONTEXT, "name": "O'Neil & 王"})
