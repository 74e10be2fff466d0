"""How lists and OCSP answers come here: one small HTTP client, and when it leaves a host alone."""
