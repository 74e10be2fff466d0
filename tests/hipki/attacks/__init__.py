"""Attacks on the old component's protocol."""
