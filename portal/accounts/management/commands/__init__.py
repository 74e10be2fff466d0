"""Jobs an installation runs: by a timer, or after a change of keys."""
