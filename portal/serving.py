"""How gunicorn serves the portal: `python -m gunicorn -c python:portal.serving --certfile ... portal.wsgi`."""

import os
from typing import Any

# Threads, because browsers open connections ahead of need: one idle connection would hold a plain worker for seconds.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 16
keepalive = 5
# Headers and the request line of this site are short; bodies are limited in portal.limits.
limit_request_line = 2048
limit_request_fields = 64
# Would leave a socket in the home directory; signals are enough here.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Begin to renew the revocation lists; workers that share CARDLOGIN_CRL_FOLDER fetch each list once."""
    # Only now: gunicorn reads this file before the settings are known.
    from cardlogin_server.contrib.django.parts import revocation
    from cardlogin_server.revocation.refresh import Refresher

    Refresher(revocation()).start()
