"""How gunicorn serves the portal: `python -m gunicorn -c python:portal.serving --certfile ... portal.wsgi`."""

import ipaddress
import os
import resource
from typing import Any

# Browsers open connections ahead of need and attackers leave them half open: neither may hold a thread.
worker_class = "portal.web_worker.WebWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 16
# Open connections of one process (WEB_CONCURRENCY); beyond them the one that has waited longest is closed.
worker_connections = 4000
# Seconds for the header lines of a request, and between two requests.
keepalive = 10
# Headers and the request line of this site are short; bodies are limited in portal.limits.
limit_request_line = 2048
limit_request_fields = 64
asgi_lifespan = "off"
http_parser = "python"
# Would leave a socket in the home directory; signals are enough here.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"

_OPEN_FILES = resource.RLIMIT_NOFILE
_FILES = 16_384


def post_fork(_server: Any, worker: Any) -> None:
    """Let a worker hold its connections, where the system allows: half-done TLS handshakes come on top of them."""
    soft, hard = (_FILES if limit == resource.RLIM_INFINITY else limit for limit in resource.getrlimit(_OPEN_FILES))
    most = max(soft, min(_FILES, hard))
    resource.setrlimit(_OPEN_FILES, (most, resource.getrlimit(_OPEN_FILES)[1]))
    worker.worker_connections = min(worker.cfg.worker_connections, most // 2)


def post_worker_init(worker: Any) -> None:
    """Begin to renew the revocation lists; workers that share CARDLOGIN_CRL_FOLDER fetch each list once.

    Raises ImproperlyConfigured, which ends the server, where settings that are for one computer meet a network.
    """
    # Only now: gunicorn reads this file before the settings are known.
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from cardlogin_server.contrib.django.parts import revocation
    from cardlogin_server.revocation.refresh import Refresher

    addresses = [listening.getsockname() for listening in worker.sockets]
    if settings.CARDLOGIN_ONLY_HERE and not all(_is_loopback(address) for address in addresses):
        raise ImproperlyConfigured("these settings are for one computer: listen on 127.0.0.1, not on a network")
    Refresher(revocation()).start()


def _is_loopback(address: Any) -> bool:
    """Whether only this computer reaches it: a Unix socket has a path, or nothing, for an address."""
    return not isinstance(address, tuple) or ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
