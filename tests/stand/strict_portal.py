"""Settings of a portal whose opener policy cuts popups off, otherwise the demonstration's."""

from portal.settings.demo import *  # noqa: F403

SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
