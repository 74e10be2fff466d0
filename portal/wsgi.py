"""The WSGI application a web server such as gunicorn runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.demo")
application = get_wsgi_application()

# Built here and not at the first log-in: a server without trust anchors must not come up at all.
from cardlogin_server.contrib.django.parts import verifier  # noqa: E402

verifier()
