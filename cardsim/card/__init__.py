"""The virtual PIV card: APDU logic, its way to the reader, and its control socket."""
