"""The demonstration's settings with everything logged, for a test that looks for secrets in the log."""

from portal.settings.demo import *  # noqa: F403
from portal.settings.demo import LOGGING

LOGGING["root"] = {"handlers": ["console"], "level": "DEBUG"}
LOGGING["loggers"] = {}
