"""Card log-in for Django: add ``cardlogin_server.contrib.django`` to INSTALLED_APPS and set the CARDLOGIN_ names."""
