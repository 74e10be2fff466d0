"""Tests of the servers that stand in for outside services."""
