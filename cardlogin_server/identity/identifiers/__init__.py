"""Taiwan's identifiers: what people type, brought to one form and checked; pure functions without I/O."""
