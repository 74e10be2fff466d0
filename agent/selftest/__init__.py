"""The self-test: which link is broken, and what to do; one small class per check, in an order that shows the cause."""
