"""The WSGI application a web server such as gunicorn runs."""

import os

from django.core.wsgi import get_wsgi_application

# Who forgets to say it gets the settings that refuse to start where anything is missing.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()

# Built here and not at the first log-in: a server without trust anchors must not come up at all.
from cardlogin_server.contrib.django.parts import verifier  # noqa: E402

verifier()
