"""Attacks on accounts: each test is one that must be refused."""
