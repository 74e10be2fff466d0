"""The demonstration's settings for the benchmark: everybody comes from one address, so its limits are off."""

from portal.settings.demo import *  # noqa: F403

ACCOUNT_RATE_LIMITS = False
