"""Commands of the audit log, for the role that owns it."""
