"""Card log-in for Django: add ``relying_party.contrib.django`` to INSTALLED_APPS and set the CARDLOGIN_ names."""
