"""The card simulator: a virtual citizen card, a private reader, and a test PKI with CRL and OCSP."""
