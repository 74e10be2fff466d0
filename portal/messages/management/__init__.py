"""Commands of the messages."""
