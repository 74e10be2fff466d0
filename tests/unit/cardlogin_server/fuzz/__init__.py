"""Bytes and texts that nobody would send by mistake, for every decoder of the library."""
