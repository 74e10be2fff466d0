"""The self-test: every link of the chain from the card to an accepted log-in, and what to do where one is broken."""
