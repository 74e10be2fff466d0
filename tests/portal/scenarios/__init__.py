"""The scenarios of the manuals (portal rules, 2.11) as a person goes through them, in both profiles."""
