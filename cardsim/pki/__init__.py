"""The test PKI: certificates in the profile of Taiwan's citizen and company cards, with CRL and OCSP."""
