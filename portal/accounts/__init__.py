"""Accounts: who a person is to the portal, log-in by password, the member's own page."""
