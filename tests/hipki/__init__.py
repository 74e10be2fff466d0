"""Pages that were written for the old component, and whoever else speaks its protocol."""
