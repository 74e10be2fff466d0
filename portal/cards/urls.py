"""Addresses of the card log-in, below accounts/card/."""

from django.urls import path

from portal.cards.choices import card_choices, certificate_only
from portal.cards.confirming import card_renewal
from portal.cards.views import challenge, login

urlpatterns = [
    path("challenge/", challenge, name="card_challenge"),
    path("login/", login, name="card_login"),
    path("choices/", card_choices, name="card_choices"),
    path("choices/certificate-only/", certificate_only, name="certificate_only"),
    path("renewal/", card_renewal, name="card_renewal"),
]
