"""Whether a certificate has been revoked: lists, their indexes, OCSP, and what the operator decided about both."""
