"""What ties the library to frameworks; each package here needs its framework, and nothing else needs these."""
