"""Mail and text messages: what is sent, by which way, and the outbox page of a development installation."""
