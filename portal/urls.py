"""Addresses of the portal. Of allauth only what is used is mounted."""

from allauth.account.views import logout
from django.urls import include, path

from portal.accounts.views import login_page, member
from portal.views import home

urlpatterns = [
    path("", home, name="home"),
    path("accounts/login/", login_page, name="account_login"),
    path("accounts/logout/", logout, name="account_logout"),
    path("accounts/card/", include("portal.cards.urls")),
    path("member/", member, name="member"),
]

handler429 = "portal.views.too_many_requests"
