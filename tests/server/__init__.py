"""Tests of the server library."""
