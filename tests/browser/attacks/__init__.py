"""Attacks from pages, in a real browser: each test is one attack, and the agent serves its user after it."""
