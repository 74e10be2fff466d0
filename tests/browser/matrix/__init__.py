"""Every browser, in every state that a person's browser may be in: which way a log-in takes, and how it ends."""
