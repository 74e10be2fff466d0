"""Every page of this part in each state that looks different, as HTML; for tests of the pages and for browsers."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.pki import Pki
from tests.portal.registration.walk import (
    ACCOUNT,
    ADVANCED,
    BASIC,
    CONSENT,
    MAIL,
    REGISTER,
    RESCUE,
    Walk,
    link_in,
    mail_to,
    solved,
)  # fmt: skip


def _text(page: object) -> str:
    return str(page.content.decode())  # type: ignore[attr-defined]


def entry(client: Client, pki: Pki) -> str:
    """The two choices."""
    return _text(client.get(REGISTER))


def entry_with_card(client: Client, pki: Pki) -> str:
    """The two choices, with a verified card."""
    card_log_in(client, pki.cards["citizen2"])
    return _text(client.get(REGISTER))


def account(client: Client, pki: Pki) -> str:
    """Step one."""
    return _text(Walk(client).page)


def account_wrong(client: Client, pki: Pki) -> str:
    """Step one with everything wrong."""
    return _text(Walk(client).send({"account": "1", "password": "x", "password_again": "y"}))


def basic(client: Client, pki: Pki) -> str:
    """Step two."""
    return _text(Walk(client).send(ACCOUNT))


def basic_with_card(client: Client, pki: Pki) -> str:
    """Step two with a card, wrong number."""
    card_log_in(client, pki.cards["citizen2"])
    walk = Walk(client)
    walk.send(ACCOUNT)
    return _text(walk.send({**BASIC, "id_rest": "A12346"}))


def advanced(client: Client, pki: Pki) -> str:
    """Step three with advanced data, on the official way."""
    return _text(Walk(client, "official").to_advanced().page)


def advanced_wrong(client: Client, pki: Pki) -> str:
    """The same with everything wrong."""
    return _text(Walk(client, "official").to_advanced().send({"birthday_year": "x", "id_number": "x", "phone": "x"}))


def advanced_doubts(client: Client, pki: Pki) -> str:
    """The same with everything unusual."""
    walk = Walk(client).to_advanced()
    return _text(walk.send({**ADVANCED, "gender": "female", "postcode": "802", "phone": "0212345678"}))


def rescue(client: Client, pki: Pki) -> str:
    """Rescue options."""
    return _text(Walk(client).to_rescue().page)


def captcha(client: Client, pki: Pki) -> str:
    """The captcha, wrong once."""
    walk = Walk(client).to_rescue()
    walk.send(RESCUE)
    return _text(walk.send({**solved(), "captcha": "wrong"}))


def consent(client: Client, pki: Pki) -> str:
    """Consent, not given."""
    return _text(Walk(client).to_consent().send({}))


def last(client: Client, pki: Pki) -> str:
    """Captcha and consent together."""
    walk = Walk(client).to_advanced()
    walk.send(ADVANCED)
    return _text(walk.send(RESCUE))


def signature(client: Client, pki: Pki) -> str:
    """The card's signature, refused once."""
    card_log_in(client, pki.cards["citizen"])
    walk = Walk(client)
    for fields in (ACCOUNT, {**BASIC, "id_rest": "A12345"}, RESCUE):
        walk.send(fields)
    walk.send(solved())
    walk.send(CONSENT)
    return _text(walk.sign(pki.cards["citizen2"]))


def done(client: Client, pki: Pki) -> str:
    """The last page."""
    return _text(Walk(client).plain())


def confirm(client: Client, pki: Pki) -> str:
    """The link's page."""
    Walk(browser()).plain()
    return _text(client.get(link_in(mail_to(MAIL))))


def confirm_refused(client: Client, pki: Pki) -> str:
    """A link that is none."""
    return _text(client.get("/accounts/confirm/x/"))


def confirm_code(client: Client, pki: Pki) -> str:
    """The code's page, wrong once."""
    return _text(client.post("/accounts/confirm/", {"account": "nobody01", "code": "000000"}))


def confirmed(client: Client, pki: Pki) -> str:
    """The log-in page after a confirmation."""
    Walk(browser()).plain()
    answer = browser()
    return _text(answer.post(link_in(mail_to(MAIL)), follow=True)).replace(
        '<script type="module" src="', '<link href="'
    )


def resend(client: Client, pki: Pki) -> str:
    """重寄確認信."""
    return _text(client.get("/accounts/resend/"))


def resent(client: Client, pki: Pki) -> str:
    """The same, sent."""
    return _text(client.get("/accounts/resend/?sent=1"))


def center(client: Client, pki: Pki) -> str:
    """會員中心."""
    return _text(client.get("/accounts/center/"))


def terms(client: Client, pki: Pki) -> str:
    """服務條款."""
    return _text(client.get("/accounts/terms/"))


def privacy(client: Client, pki: Pki) -> str:
    """隱私權保護政策."""
    return _text(client.get("/accounts/privacy/"))


def _member(client: Client) -> None:
    user = User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})


def mail_change(client: Client, pki: Pki) -> str:
    """The page of the address, a change waiting, another one refused."""
    _member(client)
    client.post("/accounts/mail/", {"email": "new@portal.example", "email_again": "new@portal.example"}, follow=True)
    return _text(client.post("/accounts/mail/", {"email": "x", "email_again": "y"}))


def mail_change_confirm(client: Client, pki: Pki) -> str:
    """The page of the link to the new address."""
    _member(client)
    client.post("/accounts/mail/", {"email": "new@portal.example", "email_again": "new@portal.example"})
    return _text(client.get(link_in(mail_to("new@portal.example"))))


STATES: tuple[Callable[[Client, Pki], str], ...] = (
    entry, entry_with_card, account, account_wrong, basic, basic_with_card, advanced, advanced_wrong, advanced_doubts,
    rescue, captcha, consent, last, signature, done, confirm, confirm_refused, confirm_code, resend, resent, center,
    terms, privacy, mail_change, mail_change_confirm,
)  # fmt: skip
