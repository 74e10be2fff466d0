"""Addresses of the card log-in, below accounts/card/."""

from django.urls import path

from portal.cards.views import challenge, login, returned

urlpatterns = [
    path("challenge/", challenge, name="card_challenge"),
    path("login/", login, name="card_login"),
    path("return/", returned, name="card_return"),
]
