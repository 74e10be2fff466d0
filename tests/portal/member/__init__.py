"""Tests of the member's area."""
