"""The self-test of the portal: page, trial, and the ways to it."""
