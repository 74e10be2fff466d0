"""Attacks on the card and on the PIN, with a real host, the virtual card and a private PC/SC service."""
