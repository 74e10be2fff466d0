"""The self-test against injected faults: the first red check is the cause, and nothing costs a PIN try."""
