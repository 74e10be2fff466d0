"""The fault matrix: every fault at every step of an order, against the running daemon."""
