"""Accounts: log-in, lock-out, sessions."""
