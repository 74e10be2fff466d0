"""The whole log-in in a real browser, with Local Network Access in force."""
