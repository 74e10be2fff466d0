"""Cards: binding, renewal, and log-in with a card that belongs to no account."""
