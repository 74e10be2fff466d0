"""Addresses of the portal. Of allauth only what is used is mounted."""

from django.urls import include, path

from portal.accounts.reauthentication import reauthenticate, reauthenticate_with_card
from portal.accounts.views import log_out, login_page
from portal.captcha.views import picture, sound
from portal.cards.company import company, company_login
from portal.cards.member_pages import card_bind, card_rename, card_unbind, cards
from portal.cards.old_way import old_way, old_way_login
from portal.cards.views import returned
from portal.language_switch import switch_language
from portal.messages.pages import outbox
from portal.views import home

urlpatterns = [
    path("", home, name="home"),
    path("language/", switch_language, name="switch_language"),
    path("outbox/", outbox, name="outbox"),
    path("accounts/login/", login_page, name="account_login"),
    path("accounts/logout/", log_out, name="account_logout"),
    path("accounts/card/", include("portal.cards.urls")),
    path("login/card/old/", old_way, name="old_way"),
    path("login/card/old/answer/", old_way_login, name="old_way_login"),
    path(".well-known/cardlogin-return", returned, name="card_return"),
    path("accounts/company/", company, name="company"),
    path("accounts/company/login/", company_login, name="company_login"),
    path("accounts/", include("portal.registration.urls")),
    path("accounts/", include("portal.recovery.urls")),
    path("accounts/reauthenticate/", reauthenticate, name="reauthenticate"),
    path("accounts/reauthenticate/card/", reauthenticate_with_card, name="reauthenticate_card"),
    path("member/cards/", cards, name="cards"),
    path("member/cards/bind/", card_bind, name="card_bind"),
    path("member/cards/<int:card>/unbind/", card_unbind, name="card_unbind"),
    path("member/cards/<int:card>/rename/", card_rename, name="card_rename"),
    path("", include("portal.member.urls")),
    path("", include("portal.support.urls")),
    path("", include("portal.selftest.urls")),
    path("captcha/image/<slug:key>/", picture, name="captcha-image"),
    path("captcha/sound/<slug:key>/", sound, name="captcha-sound"),
]

handler429 = "portal.views.too_many_requests"
