"""The localhost TLS identity: a root that can vouch for this computer only, and its leaf."""
