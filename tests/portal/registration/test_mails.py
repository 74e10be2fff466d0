"""The full text of every mail of this part, in both profiles, as it is really sent, compared with kept files.

To write the files anew after a change of wording: CARDLOGIN_WRITE_SNAPSHOTS=1 and look at the difference.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import transaction
from django.test import Client

from portal.accounts.holding import hold_rows
from portal.accounts.id_numbers import prove
from portal.accounts.models import IdKind, Person, User
from tests.portal.conftest import PASSWORD
from tests.portal.registration.test_change import ask
from tests.portal.registration.walk import Walk, link_in, mail_to

FOLDER = Path(__file__).parent / "mails"
OWNER = "owner@portal.example"


def owner() -> User:
    """A member with a confirmed address."""
    user = User.objects.create_user("owner0001", OWNER, PASSWORD, name="王小明")
    EmailAddress.objects.create(user=user, email=OWNER, verified=True, primary=True)
    return user


def with_number(*, proven: bool) -> None:
    """The member has an ID number."""
    person = Person(user=owner())
    person.set_id_number(IdKind.NATIONAL, "A123456789")
    person.id_proven = proven
    person.save()


def inside(client: Client) -> Client:
    """The member's browser."""
    owner()
    client.post("/accounts/login/", {"login": "owner0001", "password": PASSWORD})
    return client


def confirm(client: Client) -> str:
    """Register."""
    Walk(client).plain()
    return "clairesu@portal.example"


def registration_in_use(client: Client) -> str:
    """Register with somebody's address."""
    owner()
    Walk(client).plain(email=OWNER, email_again=OWNER)
    return OWNER


def id_number_used(client: Client) -> str:
    """Give a number that somebody has proven."""
    with_number(proven=True)
    Walk(client).advanced()
    client.post(link_in(mail_to("clairesu@portal.example")))
    return OWNER


def id_number_lost(client: Client) -> str:
    """Prove a number that somebody only claims."""
    with_number(proven=False)
    person = Person(user=User.objects.create_user("clairesu1234", "c@portal.example", PASSWORD, name="蘇小明"))
    person.note_id_number(IdKind.NATIONAL, "A123456789")
    person.save()
    with transaction.atomic():
        hold_rows(person.user_id)
        prove(person)
    return OWNER


def mail_change_asked(client: Client) -> str:
    """Ask for a change."""
    ask(inside(client), "new@portal.example")
    return OWNER


def confirm_change(client: Client) -> str:
    """The same, at the new address."""
    mail_change_asked(client)
    return "new@portal.example"


def mail_changed(client: Client) -> str:
    """Make the change."""
    client.post(link_in(mail_to(confirm_change(client))))
    return OWNER


def mail_in_use(client: Client) -> str:
    """Ask for somebody's address."""
    other = User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    EmailAddress.objects.create(user=other, email="lin@portal.example", verified=True, primary=True)
    ask(inside(client), "lin@portal.example")
    return "lin@portal.example"


SITUATIONS: tuple[Callable[[Client], str], ...] = (
    confirm, registration_in_use, id_number_used, id_number_lost, mail_change_asked, confirm_change,
    mail_changed, mail_in_use,
)  # fmt: skip


def steady(text: str) -> str:
    """A mail without what is random in it."""
    text = re.sub(r"/confirm/[\w-]{43}/", "/confirm/TOKEN/", text)
    return re.sub(r"\b\d{6}\b", "123456", text)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_text_of_the_mail(client: Client, profile: str, situation: Callable[[Client], str]) -> None:
    address = situation(client)
    sent = [one for one in mail.outbox if one.to == [address]][-1]
    text = steady(f"{sent.subject}\n\n{sent.body}")
    file = FOLDER / f"{situation.__name__}.{profile}.txt"
    if os.environ.get("CARDLOGIN_WRITE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")
    assert sent.from_email == "no-reply@portal.example"


def test_every_mail_of_this_part_has_its_file(profile: str) -> None:
    assert {file.name for file in FOLDER.iterdir()} == {
        f"{one.__name__}.{name}.txt" for one in SITUATIONS for name in ("modern", "egov-compat")
    }


@pytest.mark.parametrize(
    "words",
    [
        "這封信是由 示範入口網 所寄送的會員註冊或會員資料修改確認信",
        "請忽略這封信件",
        "我們需要對您的電子郵件位址的有效性進行驗證，以避免垃圾信件或電子郵件位址被濫用",
        "該連結將自動失效",
        "*若您要申請成為公務帳號，請在上述步驟完成後點擊下面的連結",
        "(如果上面不是超連結格式，請將超連結位址手動貼上到瀏覽器網址列位址欄再進行啟用程序)",
        "感謝您的使用，祝您愉快！",
    ],
)
def test_confirmation_mail_says_what_the_manuals_say(client: Client, words: str) -> None:
    assert words in mail_to(confirm(client))


def test_confirmation_mail_names_the_life_of_its_link(client: Client, profile: str) -> None:
    expected = "*您只需於七日內點擊下面的連結" if profile == "egov-compat" else "*您只需於24小時內點擊下面的連結"
    assert expected in mail_to(confirm(client))


def test_strangers_put_no_words_into_a_mail(client: Client) -> None:
    Walk(client).plain(name="看這裡 https://evil.example", nickname="https://evil.example")
    assert "evil" not in mail_to("clairesu@portal.example")
