"""The checks, by what they look at; `agent/selftest/order.py` has their order."""
