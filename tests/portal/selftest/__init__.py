"""Tests of the self-test's pages."""
