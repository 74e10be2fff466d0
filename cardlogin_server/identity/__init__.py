"""Who the holder is: what the certificate says, what an office confirms, and how identifiers are written."""
