"""The member's own area: data, password, second factor, sessions, deletion."""
