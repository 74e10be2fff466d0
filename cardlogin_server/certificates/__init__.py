"""X.509 as RFC 5280 has it, chapter by chapter, and the profile of the cards on top of it."""
