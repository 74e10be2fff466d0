"""Every page of the member's area as Django answers it, for a Chromium that is shown them."""

from typing import Any

from django.test import Client
from pytest_django import Settings

from portal.accounts import lockout
from portal.accounts.models import User
from portal.audit.log import record
from portal.messages.models import OutboxMessage
from tests.portal.cards.company_pki import Companies
from tests.portal.cards.test_company import enter
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.member.people import log_in, totp
from tests.portal.member.test_deletion import link
from tests.portal.member.test_mails import rendered
from tests.portal.member.test_second_factor import PAGE, STEP, secret_on
from tests.portal.messages.test_outbox import OUTBOX
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import Gallery

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def gather(owner: User, pki: Pki, sends: Any, *, modern: bool) -> Gallery:
    """Walk the whole area and keep what is shown."""
    gallery = Gallery()
    client = browser()
    log_in(client)
    card_log_in(browser(), pki.cards["citizen"])
    browser().post("/accounts/login/", {"login": "wang0001", "password": PASSWORD}, HTTP_USER_AGENT=FIREFOX)
    gallery.hang("member", client.get("/member/"))
    for code, method in (("password_wrong", "password"), ("second_factor_wrong", "password+second_factor")):
        record("login", code, account=owner.pk, method=method)
    gallery.hang("member-failed", client.get("/member/"))
    _data(gallery, client)
    _ways(gallery, client, modern=modern)
    _second_factor(gallery, client)
    _deletion(gallery, client, sends)
    return gallery


def add_companies(gallery: Gallery, companies: Companies, pki: Pki) -> None:
    """The pages of a company."""
    client = browser()
    gallery.hang("company", client.get("/accounts/company/"))
    enter(client, pki.cards["citizen2"])
    gallery.hang("company-refused", client.get("/accounts/company/"))
    enter(client, companies.card())
    gallery.hang("company-choice", client.get("/accounts/card/choices/"))
    client.post("/accounts/card/choices/certificate-only/")
    gallery.hang("company-member", client.get("/member/"))
    gallery.hang("company-cards", client.get("/member/cards/"))
    gallery.hang("company-profile", client.get("/member/profile/"))
    gallery.hang("company-official", client.get("/member/official/"))
    card_log_in(other := browser(), pki.cards["citizen2"])
    gallery.hang("choices", other.get("/accounts/card/choices/"))


def add_outbox(gallery: Gallery, settings: Settings) -> None:
    """The development outbox with a mail and a text in it."""
    for name, value in OUTBOX.items():
        setattr(settings, name, value)
    words = rendered("mail/member_delete_asked", "zh-hant")
    OutboxMessage.objects.create(channel="mail", recipient="a@portal.example", subject="主旨 Subject", body=words)
    OutboxMessage.objects.create(channel="text", recipient="0911123456", body="https://portal.test/" + "x" * 90)
    gallery.hang("outbox", browser().get("/outbox/"))
    gallery.hang("home", browser().get("/"))


def _data(gallery: Gallery, client: Client) -> None:
    gallery.hang("profile", client.get("/member/profile/"))
    gallery.hang("profile-wrong", client.post("/member/profile/", {"postcode": "1", "birthday_year": "0"}))
    gallery.hang("profile-doubts", client.post("/member/profile/", {"phone": "0212345678", "gender": "female"}))
    gallery.hang("profile-done", client.post("/member/profile/", {"nickname": "小明"}, follow=True))
    gallery.hang("official", client.get("/member/official/"))
    gallery.hang("cards", client.get("/member/cards/"))
    gallery.hang("mail", client.get("/accounts/mail/"))


def _ways(gallery: Gallery, client: Client, *, modern: bool) -> None:
    gallery.hang("mobile", client.get("/member/mobile/"))
    gallery.hang("mobile-code", client.post("/member/mobile/", {"mobile": "0922333444"}, follow=True))
    gallery.hang("mobile-wrong", client.post("/member/mobile/code/", {"code": "000000"}, follow=True))
    gallery.hang("password", client.get("/member/password/"))
    gallery.hang("password-form", client.post("/member/password/", {"current": "x", "password": "y", "again": "z"}))
    wrong = {"current": "x", "password": "kq8#vlom2Xyz9Ab", "again": "kq8#vlom2Xyz9Ab"}
    gallery.hang("password-wrong", client.post("/member/password/", wrong))
    lockout.right("wang0001")
    gallery.hang("sessions", client.get("/member/sessions/"))
    gallery.hang("reauthenticate", client.get("/accounts/reauthenticate/?next=/member/delete/"))
    if modern:
        gallery.hang("recovery-code", client.get("/member/recovery-code/"))
        gallery.hang("recovery-code-new", client.post("/member/recovery-code/", follow=True))
    else:
        gallery.hang("question", client.get("/member/question/"))
        gallery.hang("question-wrong", client.post("/member/question/", {"question": "school", "answer": ""}))


def _second_factor(gallery: Gallery, client: Client) -> None:
    secret = secret_on(gallery.hang("second-factor", client.get(PAGE)))
    gallery.hang("second-factor-wrong", client.post(f"{PAGE}on/", {"code": "x"}, follow=True))
    gallery.hang("second-factor-on", client.post(f"{PAGE}on/", {"code": totp(secret)}, follow=True))
    gallery.hang("ways-in", client.get("/member/ways-in/"))
    gallery.hang("reauthenticate-both", client.get("/accounts/reauthenticate/?next=/member/delete/"))
    both = {"password": "x", "code": "000000"}
    gallery.hang("reauthenticate-wrong", client.post("/accounts/reauthenticate/?next=/member/delete/", both))
    lockout.right("wang0001")
    other = browser()
    log_in(other)
    gallery.hang("step", other.get(STEP))
    gallery.hang("step-wrong", other.post(STEP, {"code": "000000"}))
    gallery.hang("second-factor-off", client.post(f"{PAGE}off/", {"password": PASSWORD}, follow=True))


def _deletion(gallery: Gallery, client: Client, sends: Any) -> None:
    gallery.hang("delete", client.get("/member/delete/"))
    gallery.hang("delete-wrong", client.post("/member/delete/", {"account": "other001"}))
    with sends():
        gallery.hang("delete-asked", client.post("/member/delete/", {"account": "wang0001"}, follow=True))
    gallery.hang("keep", browser().get(link()))
