"""我的專區 as its holder sees it."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from portal.accounts.models import Person, User
from portal.audit.log import record
from portal.member.overview import masked_mobile, shown_person
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, plain
from tests.portal.member.people import later, log_in, part
from tests.portal.pki import Pki
from tests.portal.recovery.people import MOBILE, NATIONAL_ID

pytestmark = pytest.mark.django_db
PAGES = (
    "profile", "password", "mobile", "sessions", "second-factor", "official", "delete", "recovery-code", "question",
)  # fmt: skip


def test_it_shows_the_person_with_the_number_masked(inside: Client) -> None:
    page = inside.get("/member/")
    assert part(page, "id-number") == "A12******9"
    assert part(page, "mobile").split() == ["0911***456", "已確認"]
    assert 'data-kind="citizen"' in page.content.decode()
    for secret in (NATIONAL_ID, MOBILE):
        assert secret not in page.content.decode()


def test_account_that_has_told_nothing_has_a_page_too(client: Client, user: User) -> None:
    log_in(client)
    page = client.get("/member/")
    assert part(page, "id-number") == "—"
    assert 'id="mail" data-confirmed="no"' in page.content.decode()


def test_waiting_and_confirmed_addresses(inside: Client, owner: User) -> None:
    EmailAddress.objects.create(user=owner, email="new@portal.example")
    page = inside.get("/member/")
    assert 'id="mail" data-confirmed="yes"' in page.content.decode()
    assert "new@portal.example" in part(page, "mail")


def test_last_log_ins_come_from_the_audit_log(inside: Client, owner: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    record("login", "card_renewal", account=owner.pk, method="card")
    record("login", account=owner.pk + 1, method="password")
    text = part(inside.get("/member/"), "log-ins")
    assert text.index("等待確認新憑證") < text.index("憑證卡成功") < text.index("帳號密碼成功")
    assert text.count("成功") == 2


def test_only_the_last_ten_log_ins(inside: Client, owner: User) -> None:
    for _ in range(12):
        record("login", account=owner.pk, method="card")
    assert part(inside.get("/member/"), "log-ins").count("成功") == 10


def _failed(client: Client) -> str:
    page = client.get("/member/")
    return " ".join(part(page, "failed-log-ins").split()) if 'id="failed-log-ins"' in page.content.decode() else ""


def test_tries_that_failed_are_summed_up(inside: Client, owner: User) -> None:
    assert _failed(inside) == ""
    for _ in range(13):
        record("login", "password_wrong", account=owner.pk, method="password")
    record("login", "password_wrong", account=owner.pk + 1, method="password")
    record("reauthenticate", "password_wrong", account=owner.pk, method="password")
    text = _failed(inside)
    assert "這個帳號至少有 10 次登入未成功" in text
    assert "密碼正確" not in text
    assert part(inside.get("/member/"), "log-ins").count("密碼成功") == 1
    record("login", "second_factor_wrong", account=owner.pk, method="password+second_factor")
    text = _failed(inside)
    assert "至少有 11 次" in text
    assert "其中 1 次密碼正確、只有驗證碼錯誤" in text


def test_strangers_do_not_push_the_log_ins_out(inside: Client, owner: User, profile: str) -> None:
    stranger = browser()
    for _ in range(30):
        stranger.post("/accounts/login/", {"login": "wang0001", "password": "x"}, REMOTE_ADDR="192.0.2.7")
    assert part(inside.get("/member/"), "log-ins").count("密碼成功") == 1
    assert "次登入未成功" in _failed(inside)


def test_what_failed_a_month_ago_is_over(inside: Client, owner: User) -> None:
    record("login", "password_wrong", account=owner.pk, method="password")
    with later(days=31):
        inside.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
        assert _failed(inside) == ""


def test_the_way_to_everything(inside: Client) -> None:
    source = inside.get("/member/").content.decode()
    for name in {"cards", *PAGES} - {"question"}:
        assert f'href="/member/{name}/"' in source
    assert 'href="/accounts/mail/"' in source
    assert "/member/question/" not in source


@pytest.mark.usefixtures("compat")
def test_manuals_profile_has_the_question(inside: Client) -> None:
    source = inside.get("/member/").content.decode()
    assert 'href="/member/question/"' in source
    assert "/member/recovery-code/" not in source


@pytest.mark.parametrize("page", ["", *(f"{name}/" for name in PAGES)])
def test_strangers_are_sent_to_the_log_in(client: Client, db: None, page: str) -> None:
    answer = client.get(f"/member/{page}")
    assert answer.status_code == 302
    assert location(answer).startswith("/accounts/login/?next=/member/")


def test_a_number_that_cannot_be_opened_is_not_shown(user: User) -> None:
    Person.objects.create(user=user, id_kind="national", id_sealed=b"x")
    assert shown_person(user)["id_number"] == "******"
    assert masked_mobile("") == ""


def test_another_proof_later_changes_nothing_about_how_one_came_in(client: Client, owner: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/member/")
    assert 'data-method="card"' in page.content.decode()
    assert "憑證序號末四碼" in plain(page)
