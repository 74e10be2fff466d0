"""How gunicorn serves the portal: `python -m gunicorn -c python:portal.serving --certfile ... portal.wsgi`."""

# Threads, because browsers open connections ahead of need: one idle connection would hold a plain worker for seconds.
worker_class = "gthread"
workers = 1
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
